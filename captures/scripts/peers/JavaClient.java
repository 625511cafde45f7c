// SPDX-License-Identifier: MIT
// JavaClient URL...: the JDK's own WebSocket client, java.net.http, holds the same conversation with the echo
// at each URL, and writes what its listener was told to $ORACLE. The API does not tell a connection's port;
// the path stands for it.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

public class JavaClient {
    static void write(String path, String rest) throws Exception {
        String line = "{\"path\": \"" + path + "\", \"by\": \"client\", " + rest + "}\n";
        Files.writeString(Path.of(System.getenv("ORACLE")), line, StandardOpenOption.APPEND);
    }

    static String said(String event, String dir, String kind, byte[] data) throws Exception {
        String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        return "\"event\": \"" + event + "\", \"dir\": \"" + dir + "\", \"kind\": \"" + kind
            + "\", \"length\": " + data.length + ", \"sha256\": \"" + hash + "\"";
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] data = new byte[buffer.remaining()];
        buffer.get(data);
        return data;
    }

    static class Listener implements WebSocket.Listener {
        final String path;
        final Semaphore heard = new Semaphore(0);
        final CompletableFuture<Void> closed = new CompletableFuture<>();
        final StringBuilder text = new StringBuilder();

        Listener(String path) {
            this.path = path;
        }

        void log(String rest) {
            try {
                write(path, rest);
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        }

        void log(String event, String dir, String kind, byte[] data) {
            try {
                log(said(event, dir, kind, data));
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            socket.request(1);
            if (last) {
                log("received", "s2c", "text", text.toString().getBytes(StandardCharsets.UTF_8));
                text.setLength(0);
                heard.release();
            }
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            log("received", "s2c", "binary", bytes(data));
            socket.request(1);
            heard.release();
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            log("received", "s2c", "pong", bytes(data));
            socket.request(1);
            heard.release();
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            log("\"event\": \"closed\", \"code\": " + code + ", \"reason\": \"" + reason + "\"");
            closed.complete(null);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            log("\"event\": \"error\", \"text\": \"" + error.getClass().getSimpleName() + "\"");
            closed.complete(null);
        }
    }

    static void converse(String url) throws Exception {
        Listener listener = new Listener(URI.create(url).getPath());
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
            .buildAsync(URI.create(url), listener).join();
        listener.log("\"event\": \"open\", \"subprotocol\": \"" + socket.getSubprotocol() + "\"");
        for (String text : new String[] {"Hello from the JDK", "{\"sum\": [17, 25]}", "naïve café ☕"}) {
            listener.log("sent", "c2s", "text", text.getBytes(StandardCharsets.UTF_8));
            socket.sendText(text, true).join();
            listener.heard.acquire();
        }
        listener.log("sent", "c2s", "text", "in three parts".getBytes(StandardCharsets.UTF_8));
        socket.sendText("in ", false).join();
        socket.sendText("three ", false).join();
        socket.sendText("parts", true).join();
        listener.heard.acquire();
        byte[] data = {0, 1, 2, (byte) 255};
        listener.log("sent", "c2s", "binary", data);
        socket.sendBinary(ByteBuffer.wrap(data), true).join();
        listener.heard.acquire();
        socket.sendPing(ByteBuffer.wrap("ping".getBytes(StandardCharsets.UTF_8))).join();
        listener.heard.acquire();
        listener.log("\"event\": \"closing\", \"code\": 1000, \"reason\": \"java is done\"");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "java is done").join();
        listener.closed.join();
    }

    public static void main(String[] urls) throws Exception {
        for (String url : urls) {
            converse(url);
        }
        System.exit(0);
    }
}
