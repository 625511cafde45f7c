// SPDX-License-Identifier: MIT
// Jetty 9, embedded: an echo on 127.0.0.1:8080, permessage-deflate agreed where it is offered. What Jetty
// tells its listener goes to $ORACLE.
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketAdapter;
import org.eclipse.jetty.websocket.server.WebSocketHandler;
import org.eclipse.jetty.websocket.servlet.WebSocketServletFactory;

public class JettyServer {
    public static class Echo extends WebSocketAdapter {
        private int port;

        private void write(String rest) {
            try {
                Files.writeString(Path.of(System.getenv("ORACLE")),
                    "{\"port\": " + port + ", \"by\": \"server\", " + rest + "}\n", StandardOpenOption.APPEND);
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        }

        private void said(String event, String dir, String kind, byte[] data) {
            try {
                byte[] hash = MessageDigest.getInstance("SHA-256").digest(data);
                write("\"event\": \"" + event + "\", \"dir\": \"" + dir + "\", \"kind\": \"" + kind
                    + "\", \"length\": " + data.length
                    + ", \"sha256\": \"" + HexFormat.of().formatHex(hash) + "\"");
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        }

        @Override
        public void onWebSocketConnect(Session session) {
            super.onWebSocketConnect(session);
            port = session.getRemoteAddress().getPort();
            String path = session.getUpgradeRequest().getRequestURI().getPath();
            write("\"event\": \"open\", \"path\": \"" + path + "\"");
        }

        @Override
        public void onWebSocketText(String text) {
            byte[] data = text.getBytes(StandardCharsets.UTF_8);
            said("received", "c2s", "text", data);
            said("sent", "s2c", "text", data);
            getRemote().sendStringByFuture(text);
        }

        @Override
        public void onWebSocketBinary(byte[] payload, int offset, int length) {
            byte[] data = java.util.Arrays.copyOfRange(payload, offset, offset + length);
            said("received", "c2s", "binary", data);
            said("sent", "s2c", "binary", data);
            getRemote().sendBytesByFuture(ByteBuffer.wrap(data));
        }

        @Override
        public void onWebSocketClose(int code, String reason) {
            write("\"event\": \"closed\", \"code\": " + code + ", \"reason\": \"" + reason + "\"");
            super.onWebSocketClose(code, reason);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Server server = new Server(new InetSocketAddress("127.0.0.1", 8080));
        server.setHandler(new WebSocketHandler() {
            @Override
            public void configure(WebSocketServletFactory factory) {
                factory.register(Echo.class);
            }
        });
        server.start();
        server.join();
    }
}
