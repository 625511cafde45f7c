// SPDX-License-Identifier: MIT
// CsharpClient.exe URL: System.Net.WebSockets.ClientWebSocket talks to an echo, and writes what it was told
// to $ORACLE. The API does not tell a connection's port; the path stands for it.
using System;
using System.IO;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

static class CsharpClient
{
    static string path;

    static void Write(string rest)
    {
        File.AppendAllText(Environment.GetEnvironmentVariable("ORACLE"),
            "{\"path\": \"" + path + "\", \"by\": \"client\", " + rest + "}\n");
    }

    static void Said(string what, string dir, string kind, byte[] data, int length)
    {
        byte[] hash = SHA256.Create().ComputeHash(data, 0, length);
        Write("\"event\": \"" + what + "\", \"dir\": \"" + dir + "\", \"kind\": \"" + kind
            + "\", \"length\": " + length + ", \"sha256\": \"" + BitConverter.ToString(hash).Replace("-", "").ToLower() + "\"");
    }

    static void Send(ClientWebSocket socket, byte[] data, WebSocketMessageType type)
    {
        Said("sent", "c2s", type.ToString().ToLower(), data, data.Length);
        socket.SendAsync(new ArraySegment<byte>(data), type, true, CancellationToken.None).Wait();
    }

    static void Hear(ClientWebSocket socket)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        WebSocketReceiveResult result;
        do
        {
            result = socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length),
                CancellationToken.None).Result;
            length += result.Count;
        } while (!result.EndOfMessage);
        Said("received", "s2c", result.MessageType.ToString().ToLower(), buffer, length);
    }

    static void Main(string[] arguments)
    {
        Uri url = new Uri(arguments[0]);
        path = url.AbsolutePath;
        using (ClientWebSocket socket = new ClientWebSocket())
        {
            socket.Options.AddSubProtocol("sharp.example");
            socket.ConnectAsync(url, CancellationToken.None).Wait();
            Write("\"event\": \"open\", \"subprotocol\": \"" + socket.SubProtocol + "\"");
            foreach (string text in new[] { "Hello from C#", "{\"language\":\"C#\"}", "Ünïcödé ♯" })
            {
                Send(socket, Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);
                Hear(socket);
            }
            Send(socket, new byte[] { 1, 2, 3, 4, 5 }, WebSocketMessageType.Binary);
            Hear(socket);
            Write("\"event\": \"closing\", \"code\": 1000, \"reason\": \"C# is done\"");
            socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "C# is done", CancellationToken.None).Wait();
            Write("\"event\": \"closed\", \"code\": " + (int)socket.CloseStatus + ", \"reason\": \""
                + socket.CloseStatusDescription + "\"");
        }
    }
}
