#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tomcat.sh DIRECTORY: Debian's Tomcat 10 with its own examples on 127.0.0.1:8080, all that it writes in
# DIRECTORY.
set -eu
base=$1
mkdir -p "$base"/{conf,logs,temp,webapps,work}
cat >"$base/conf/server.xml" <<'XML'
<Server port="-1">
  <Service name="Catalina">
    <Connector port="8080" address="127.0.0.1" protocol="HTTP/1.1" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps">
        <Context path="/examples" docBase="/usr/share/tomcat10-examples/examples" />
      </Host>
    </Engine>
  </Service>
</Server>
XML
# Filters, and so WebSocket, run only where some servlet is mapped.
cat >"$base/conf/web.xml" <<'XML'
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping>
    <servlet-name>default</servlet-name>
    <url-pattern>/</url-pattern>
  </servlet-mapping>
</web-app>
XML
exec java -Dcatalina.home=/usr/share/tomcat10 -Dcatalina.base="$base" -Djava.io.tmpdir="$base/temp" \
    -cp /usr/share/tomcat10/bin/bootstrap.jar:/usr/share/tomcat10/bin/tomcat-juli.jar \
    org.apache.catalina.startup.Bootstrap start
