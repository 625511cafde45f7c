// SPDX-License-Identifier: MIT
// .NET's ClientWebSocket, in mono, against the reference server: mono ClientTest.exe ws://HOST:PORT
using System;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

class ClientTest
{
    static async Task<string> Receive(ClientWebSocket socket)
    {
        var text = new StringBuilder();
        var buffer = new ArraySegment<byte>(new byte[65536]);
        WebSocketReceiveResult result;
        do {
            result = await socket.ReceiveAsync(buffer, CancellationToken.None);
            text.Append(Encoding.ASCII.GetString(buffer.Array, 0, result.Count));
        } while (!result.EndOfMessage);
        return text.ToString();
    }

    static async Task<int> Run(string address)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("echo");
        await socket.ConnectAsync(new Uri(address + "/echo"), CancellationToken.None);
        foreach (var text in new[] { "Hello", "", new string('x', 100000) }) {
            var bytes = new ArraySegment<byte>(Encoding.ASCII.GetBytes(text));
            await socket.SendAsync(bytes, WebSocketMessageType.Text, true, CancellationToken.None);
            if (await Receive(socket) != text) {
                return 1;
            }
        }
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        bool normal = socket.CloseStatus == WebSocketCloseStatus.NormalClosure;
        return normal && socket.SubProtocol == "echo" ? 0 : 1;
    }

    static int Main(string[] arguments)
    {
        return Run(arguments[0]).Result;
    }
}
