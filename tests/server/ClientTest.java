// SPDX-License-Identifier: MIT
// The JDK's WebSocket client against the reference server: java ClientTest.java ws://HOST:PORT
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

class ClientTest {
    static class Listener implements WebSocket.Listener {
        final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final StringBuilder text = new StringBuilder();

        @Override public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                messages.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            messages.add("pong of " + message.remaining());
            socket.request(1);
            return null;
        }

        @Override public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }
    }

    static void expect(Object expected, Object got) {
        if (!expected.equals(got)) {
            System.err.println("expected " + expected + ", got " + got);
            System.exit(1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Listener listener = new Listener();
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().subprotocols("x", "echo")
            .buildAsync(URI.create(arguments[0] + "/echo"), listener).get(10, TimeUnit.SECONDS);
        String big = "ü".repeat(100000);

        expect("echo", socket.getSubprotocol());
        socket.sendText("Hello", true).get();
        expect("Hello", listener.messages.poll(5, TimeUnit.SECONDS));
        socket.sendText("in ", false).get();
        socket.sendText("pieces", true).get();
        expect("in pieces", listener.messages.poll(5, TimeUnit.SECONDS));
        socket.sendText(big, true).get();
        expect(big, listener.messages.poll(5, TimeUnit.SECONDS));
        socket.sendPing(ByteBuffer.allocate(7)).get();
        expect("pong of 7", listener.messages.poll(5, TimeUnit.SECONDS));
        socket.sendClose(4001, "done").get();
        expect(4001, listener.closed.get(5, TimeUnit.SECONDS));
        System.exit(0);
    }
}
