/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <assert.h>

/* How the severities were chosen. must: an RFC 2119 requirement, or grammar that a sender has to keep to.
 * should: the RFC asks for it in weaker words, or says "reserved" and no more. note: legal, or the doing of
 * the network, the capture or a limit of ours, but the reader wants to know. */

static const struct rule http_rules[] = {
    [HTTP_BARE_LF] = { "http-bare-lf", RULE_MUST, RULE_SENDER, "RFC 9112 2.2",
        "A line of the HTTP head, or of a chunked body, ends with LF alone.",
        "End every line with CR LF; only a lenient reader accepts the LF by itself." },
    [HTTP_BARE_CR] = { "http-bare-cr", RULE_MUST, RULE_SENDER, "RFC 9112 2.2",
        "A CR stands in the HTTP head without an LF behind it.",
        "Leave CR out of names and values; readers that disagree about where a line ends can be tricked." },
    [HTTP_FOLDED_FIELD] = { "http-folded-field", RULE_MUST, RULE_SENDER, "RFC 9112 5.2",
        "A header field is continued on the next line, which starts with a blank.",
        "Write the whole field on one line: folding is obsolete and a server may answer it with 400." },
    [HTTP_SPACE_BEFORE_COLON] = { "http-space-before-colon", RULE_MUST, RULE_SENDER, "RFC 9112 5.1",
        "There is a blank between a header field's name and its colon.",
        "Put the colon directly behind the name; a server answers a request like this with 400." },
    [HTTP_FIELD_NAME] = { "http-field-name", RULE_MUST, RULE_SENDER, "RFC 9110 5.1",
        "A header field's name is empty or holds a character that no token may hold.",
        "Build names from letters, digits and the few marks of a token, such as - and _." },
    [HTTP_FIELD_VALUE] = { "http-field-value", RULE_MUST, RULE_SENDER, "RFC 9110 5.5",
        "A header field's value holds a control character.",
        "Keep values to visible characters, blanks and tabs; encode anything else." },
    [HTTP_START_LINE] = { "http-start-line", RULE_MUST, RULE_SENDER, "RFC 9112 2.1",
        "The first line departs from the form of a request line or status line, though it can be read.",
        "Write method, target and version, or version, status and reason, with one space between them." },
    [HTTP_HOST_MISSING] = { "http-host-missing", RULE_MUST, RULE_CLIENT, "RFC 9112 3.2",
        "An HTTP/1.1 request came without Host.",
        "Send one Host field with the host and port of the URI; without it the server answers 400." },
    [HTTP_HOST_REPEATED] = { "http-host-repeated", RULE_MUST, RULE_CLIENT, "RFC 9112 3.2",
        "The request has more than one Host field.",
        "Send exactly one Host: two let a proxy and the server behind it pick different sites." },
    [HTTP_LENGTH_INVALID] = { "http-length-invalid", RULE_MUST, RULE_SENDER, "RFC 9112 6.3",
        "Content-Length is no decimal number, or several of them differ.",
        "Send one Content-Length in decimal digits: it alone tells where the next message starts." },
    [HTTP_LENGTH_AND_CODING] = { "http-length-and-coding", RULE_MUST, RULE_SENDER, "RFC 9112 6.2",
        "The message has both Content-Length and Transfer-Encoding.",
        "Send one of the two; with both, readers may disagree about where the message ends." },
    [HTTP_LENGTH_FORBIDDEN] = { "http-length-forbidden", RULE_MUST, RULE_SERVER, "RFC 9110 8.6",
        "An answer that never has a body (1xx, 204, 2xx to CONNECT) announces a Content-Length.",
        "Leave Content-Length out of these; behind a 101 the next byte is already a frame's." },
    [HTTP_CODING_FORBIDDEN] = { "http-coding-forbidden", RULE_MUST, RULE_SERVER, "RFC 9112 6.1",
        "An answer that never has a body (1xx, 204, 2xx to CONNECT) announces a Transfer-Encoding.",
        "Leave Transfer-Encoding out of these; behind a 101 the next byte is already a frame's." },
    [HTTP_CODING_NOT_FINAL] = { "http-coding-not-final", RULE_MUST, RULE_CLIENT, "RFC 9112 6.1",
        "The request's last transfer coding is not chunked, so nothing tells where its body ends.",
        "Name chunked last in Transfer-Encoding, or send a Content-Length instead." },
    [HTTP_CHUNK_MALFORMED] = { "http-chunk-malformed", RULE_MUST, RULE_SENDER, "RFC 9112 7.1",
        "A chunk does not begin with a hexadecimal size or does not end with CR LF.",
        "Send each chunk as its size in hexadecimal, CR LF, that many bytes, CR LF; and a chunk of 0 last." },
    [HTTP_STATUS_RANGE] = { "http-status-range", RULE_MUST, RULE_SERVER, "RFC 9110 15",
        "The status code lies outside 100 to 599.",
        "Use a three-digit code of one of the five classes." },
    [HTTP_UPGRADE_NOT_IN_CONNECTION] = { "http-upgrade-not-in-connection", RULE_MUST, RULE_SENDER,
        "RFC 9110 7.8",
        "The message has an Upgrade field that Connection does not list.",
        "Add \"Connection: Upgrade\", so that a proxy knows that Upgrade was meant for it alone." },
    [HTTP_UPGRADE_NOT_NAMED] = { "http-upgrade-not-named", RULE_MUST, RULE_SERVER, "RFC 9110 15.5.22",
        "A 426 asks the client to change to another protocol and does not name it.",
        "Add \"Upgrade: websocket\" and \"Connection: Upgrade\" to the 426." },
    [HTTP_BODY_CUT] = { "http-body-cut", RULE_NOTE, RULE_SENDER, "RFC 9112 8",
        "The connection ended before the announced body did.",
        "Deliver as many bytes as the head announced; the receiver takes this message for incomplete." },
    [HTTP_FIELDS_LIMIT] = { "http-fields-limit", RULE_NOTE, RULE_CAPTURE, "RFC 9110 5.4",
        "The head has more fields than are kept here; the rest is passed over.",
        "Nothing is wrong with many fields, but most servers refuse far fewer with 431." },
};

static const struct rule handshake_rules[] = {
    [HANDSHAKE_METHOD] = { "handshake-method", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The upgrade request's method is not GET.",
        "Ask with GET; no other method opens a WebSocket over HTTP/1.1." },
    [HANDSHAKE_HTTP_VERSION] = { "handshake-http-version", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The upgrade request speaks a version of HTTP below 1.1.",
        "Send HTTP/1.1: Upgrade and the 101 do not exist before it." },
    [HANDSHAKE_UPGRADE_MISSING] = { "handshake-upgrade-missing", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The request carries WebSocket fields, but no Upgrade that names websocket.",
        "Send \"Upgrade: websocket\"; letter case does not matter." },
    [HANDSHAKE_CONNECTION_MISSING] = { "handshake-connection-missing", RULE_MUST, RULE_CLIENT,
        "RFC 6455 4.1",
        "The request's Connection field does not list the token Upgrade.",
        "Send \"Connection: Upgrade\", alone or among other tokens; proxies drop Upgrade without it." },
    [HANDSHAKE_KEY_MISSING] = { "handshake-key-missing", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The upgrade request has no Sec-WebSocket-Key.",
        "Send 16 random bytes in base64; the server proves with them that it understood the question." },
    [HANDSHAKE_KEY_REPEATED] = { "handshake-key-repeated", RULE_MUST, RULE_CLIENT, "RFC 6455 11.3.1",
        "The upgrade request has more than one Sec-WebSocket-Key.",
        "Send the field once: the Accept can answer only one key." },
    [HANDSHAKE_KEY_INVALID] = { "handshake-key-invalid", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "Sec-WebSocket-Key is not the base64 of 16 bytes.",
        "Encode exactly 16 random bytes: 22 characters and two equals signs." },
    [HANDSHAKE_VERSION_MISSING] = { "handshake-version-missing", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The upgrade request does not say which version of the protocol it speaks.",
        "Send \"Sec-WebSocket-Version: 13\"." },
    [HANDSHAKE_VERSION_REPEATED] = { "handshake-version-repeated", RULE_MUST, RULE_CLIENT,
        "RFC 6455 11.3.5",
        "The upgrade request has more than one Sec-WebSocket-Version.",
        "Name one version; if the server does not speak it, its answer lists those that it does." },
    [HANDSHAKE_VERSION_OTHER] = { "handshake-version-other", RULE_MUST, RULE_CLIENT, "RFC 6455 4.1",
        "The upgrade request asks for a version other than 13.",
        "Ask for 13, the version of the RFC; lower numbers were drafts on the way to it." },
    [HANDSHAKE_TARGET_FRAGMENT] = { "handshake-target-fragment", RULE_MUST, RULE_CLIENT, "RFC 6455 3",
        "The request target contains a fragment, the part behind a #.",
        "Cut the fragment off; a # that belongs to the path is written %23." },
    [HANDSHAKE_OFFERED_PROTOCOL_INVALID] = { "handshake-offered-protocol-invalid", RULE_MUST, RULE_CLIENT,
        "RFC 6455 4.1",
        "Sec-WebSocket-Protocol offers no subprotocol at all, or one whose name is no token.",
        "Name subprotocols with visible ASCII characters but no separators, a comma between two names." },
    [HANDSHAKE_OFFERED_PROTOCOL_TWICE] = { "handshake-offered-protocol-twice", RULE_MUST, RULE_CLIENT,
        "RFC 6455 4.1",
        "The same subprotocol is offered twice.",
        "List each subprotocol once, the preferred one first." },
    [HANDSHAKE_OFFERED_EXTENSION_SYNTAX] = { "handshake-offered-extension-syntax", RULE_MUST, RULE_CLIENT,
        "RFC 6455 9.1",
        "The client's Sec-WebSocket-Extensions does not parse.",
        "Separate offers by commas; each is a token and then parameters, \"; name\" or \"; name=value\"." },
    [HANDSHAKE_OFFERED_DEFLATE_INVALID] = { "handshake-offered-deflate-invalid", RULE_MUST, RULE_CLIENT,
        "RFC 7692 7",
        "An offer of permessage-deflate has a parameter that is unknown, repeated or out of range.",
        "Use the four parameters of the RFC, each once, window bits 8 to 15; servers decline all others." },
    [HANDSHAKE_DATA_BEFORE_ANSWER] = { "handshake-data-before-answer", RULE_MUST, RULE_CLIENT,
        "RFC 6455 4.1",
        "The client sent more bytes before the server had answered its upgrade request.",
        "Wait for the 101; until then nobody knows whether the next bytes are frames or HTTP." },
    [HANDSHAKE_ACCEPT_MISSING] = { "handshake-accept-missing", RULE_MUST, RULE_SERVER, "RFC 6455 4.2.2",
        "The 101 has no Sec-WebSocket-Accept.",
        "Answer the key: base64 of the SHA-1 of the key's text followed by the protocol's GUID." },
    [HANDSHAKE_ACCEPT_REPEATED] = { "handshake-accept-repeated", RULE_MUST, RULE_SERVER, "RFC 6455 11.3.3",
        "The 101 has more than one Sec-WebSocket-Accept.",
        "Send the field once; a client cannot know which of them to check." },
    [HANDSHAKE_ACCEPT_WRONG] = { "handshake-accept-wrong", RULE_MUST, RULE_SERVER, "RFC 6455 4.2.2",
        "Sec-WebSocket-Accept does not answer the request's key.",
        "Hash the key as it was sent, still in base64, with the GUID behind it, and encode the 20 bytes." },
    [HANDSHAKE_ANSWER_HTTP_VERSION] = { "handshake-answer-http-version", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.2",
        "The 101 claims a version of HTTP below 1.1.",
        "Begin the answer with \"HTTP/1.1 101\"; HTTP/1.0 has no status codes below 200." },
    [HANDSHAKE_ANSWER_UPGRADE] = { "handshake-answer-upgrade", RULE_MUST, RULE_SERVER, "RFC 6455 4.2.2",
        "The 101 has no Upgrade field that says websocket and nothing else.",
        "Send \"Upgrade: websocket\": the 101 names the protocol that it switches to." },
    [HANDSHAKE_ANSWER_CONNECTION] = { "handshake-answer-connection", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.2",
        "The 101's Connection field does not list the token Upgrade.",
        "Send \"Connection: Upgrade\" in the answer too." },
    [HANDSHAKE_PROTOCOL_UNOFFERED] = { "handshake-protocol-unoffered", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.2",
        "The server chose a subprotocol that the client had not offered.",
        "Choose one of the offered names, letter for letter, or leave the field out." },
    [HANDSHAKE_PROTOCOL_SEVERAL] = { "handshake-protocol-several", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.2",
        "The 101 names more than one subprotocol.",
        "Choose a single one: a connection speaks one subprotocol." },
    [HANDSHAKE_EXTENSION_UNOFFERED] = { "handshake-extension-unoffered", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.2",
        "The 101 agrees to an extension that the client had not offered, or not in a form to be accepted.",
        "List only extensions of the request; leave the field out when none of them is used." },
    [HANDSHAKE_EXTENSION_SYNTAX] = { "handshake-extension-syntax", RULE_MUST, RULE_SERVER, "RFC 6455 9.1",
        "The server's Sec-WebSocket-Extensions does not parse.",
        "Send a token, then parameters, \"; name\" or \"; name=value\"; a comma before the next extension." },
    [HANDSHAKE_EXTENSION_TWICE] = { "handshake-extension-twice", RULE_MUST, RULE_SERVER, "RFC 7692 5",
        "The 101 agrees to permessage-deflate twice.",
        "Accept one of its offers, however many fallbacks the client listed: two would share RSV1." },
    [HANDSHAKE_EXTENSIONS_REPEATED] = { "handshake-extensions-repeated", RULE_SHOULD, RULE_SERVER,
        "RFC 6455 11.3.2",
        "The 101 has more than one Sec-WebSocket-Extensions, which section 11.3.2 forbids and 4.2.2 allows.",
        "List all that is agreed in one field, commas between, which every client can read." },
    [HANDSHAKE_DEFLATE_INVALID] = { "handshake-deflate-invalid", RULE_MUST, RULE_SERVER, "RFC 7692 7",
        "The answer's permessage-deflate has a parameter that is unknown, repeated or out of range.",
        "Use the four parameters of the RFC, each once, and give window bits a value from 8 to 15." },
    [HANDSHAKE_DEFLATE_CLIENT_WINDOW] = { "handshake-deflate-client-window", RULE_MUST, RULE_SERVER,
        "RFC 7692 7.1.2.2",
        "The server limits the client's window with client_max_window_bits, which the client did not offer.",
        "Set that parameter only where the offer has it: other clients cannot shrink their window." },
    [HANDSHAKE_DEFLATE_SERVER_WINDOW] = { "handshake-deflate-server-window", RULE_MUST, RULE_SERVER,
        "RFC 7692 7.1.2.1",
        "The server did not keep its window as small as the client asked with server_max_window_bits.",
        "Repeat server_max_window_bits with the asked value or a smaller one, or decline the offer." },
    [HANDSHAKE_DEFLATE_TAKEOVER] = { "handshake-deflate-takeover", RULE_MUST, RULE_SERVER,
        "RFC 7692 7.1.1.1",
        "The client asked for server_no_context_takeover and the server's agreement leaves it out.",
        "Repeat server_no_context_takeover in the answer, or decline the offer." },
    [HANDSHAKE_ACCEPTED_BAD_REQUEST] = { "handshake-accepted-bad-request", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.2.1",
        "The server switched protocols for a request that breaks the rules of the handshake.",
        "Answer such a request with an error, 400 for most faults and 426 for a version not spoken." },
    [HANDSHAKE_VERSIONS_NOT_NAMED] = { "handshake-versions-not-named", RULE_MUST, RULE_SERVER,
        "RFC 6455 4.4",
        "The server refused the version without saying which ones it speaks.",
        "Add \"Sec-WebSocket-Version: 13\" to the 426, so that the client can ask again." },
    [HANDSHAKE_UNASKED] = { "handshake-unasked", RULE_MUST, RULE_SERVER, "RFC 9110 7.8",
        "The server answered 101 to a request that had not asked for an upgrade.",
        "Switch only to a protocol that the request's Upgrade field names." },
    [HANDSHAKE_EXTENSION_UNKNOWN] = { "handshake-extension-unknown", RULE_NOTE, RULE_CAPTURE,
        "RFC 6455 9.1",
        "Both sides agreed to an extension that cannot be read here: what it does to payloads stays.",
        "Nothing is wrong on the wire; take the extension out of the offer to see plain payloads." },
    [HANDSHAKE_OLD_DRAFT] = { "handshake-old-draft", RULE_NOTE, RULE_CAPTURE, "RFC 6455 4.4",
        "This is the handshake of a draft from before the RFC; behind one with two keys no frames are read.",
        "Update the peer that still speaks it: version 13 has been the standard since 2011." },
};

static const struct rule frame_rules[] = {
    [FRAME_RSV_UNAGREED] = { "frame-rsv-unagreed", RULE_MUST, RULE_SENDER, "RFC 6455 5.2",
        "A reserved bit is set to which no agreed extension gives a meaning.",
        "Leave RSV1 to RSV3 at 0 until an extension gives them a use; receivers fail the connection." },
    [FRAME_RSV1_ON_CONTROL] = { "frame-rsv1-on-control", RULE_MUST, RULE_SENDER, "RFC 7692 6.1",
        "RSV1, which says compressed, is set on a control frame.",
        "Send pings, pongs and closes as they are: only data messages are compressed." },
    [FRAME_RSV1_ON_CONTINUATION] = { "frame-rsv1-on-continuation", RULE_MUST, RULE_SENDER, "RFC 7692 6.1",
        "RSV1, which says compressed, is set on a continuation frame.",
        "Set RSV1 on a message's first frame; it speaks for all the fragments that follow." },
    [FRAME_OPCODE_RESERVED] = { "frame-opcode-reserved", RULE_MUST, RULE_SENDER, "RFC 6455 5.2",
        "The opcode (3 to 7 or 11 to 15) is reserved.",
        "Use 0 continuation, 1 text, 2 binary, 8 close, 9 ping or 10 pong." },
    [FRAME_NOT_MASKED] = { "frame-not-masked", RULE_MUST, RULE_CLIENT, "RFC 6455 5.1",
        "The client sent a frame without a mask.",
        "Set the mask bit, add a fresh four-byte key and XOR the payload with it, even over TLS." },
    [FRAME_MASKED] = { "frame-masked", RULE_MUST, RULE_SERVER, "RFC 6455 5.1",
        "The server sent a masked frame.",
        "Send a server's frames plain, without mask bit or key; a client closes when it sees one." },
    [FRAME_LENGTH_NOT_MINIMAL] = { "frame-length-not-minimal", RULE_MUST, RULE_SENDER, "RFC 6455 5.2",
        "The payload length is written in a longer form than it needs.",
        "Use 7 bits up to 125 bytes, 16 bits up to 65,535, and 64 bits only beyond that." },
    [FRAME_LENGTH_TOP_BIT] = { "frame-length-top-bit", RULE_MUST, RULE_SENDER, "RFC 6455 5.2",
        "The most significant bit of the 64-bit payload length is 1.",
        "Keep that bit 0: lengths go up to 2^63 - 1." },
    [FRAME_CONTROL_TOO_LONG] = { "frame-control-too-long", RULE_MUST, RULE_SENDER, "RFC 6455 5.5",
        "A control frame has a payload of more than 125 bytes.",
        "Keep pings, pongs and closes to 125 bytes, the close code included." },
    [FRAME_CONTROL_FRAGMENTED] = { "frame-control-fragmented", RULE_MUST, RULE_SENDER, "RFC 6455 5.5",
        "A control frame has FIN 0, as if more of it were to follow.",
        "Send a control frame whole; it may stand between the fragments of a message instead." },
    [FRAME_CONTINUATION_ORPHAN] = { "frame-continuation-orphan", RULE_MUST, RULE_SENDER, "RFC 6455 5.4",
        "A continuation frame came though no message is under way.",
        "Begin every message with a text or binary frame; use opcode 0 only until its FIN." },
    [FRAME_MESSAGE_INTERRUPTED] = { "frame-message-interrupted", RULE_MUST, RULE_SENDER, "RFC 6455 5.4",
        "A new message began before the fragmented one was finished.",
        "Finish a message with FIN before the next one; only control frames may come between." },
    [FRAME_CLOSE_ONE_BYTE] = { "frame-close-one-byte", RULE_MUST, RULE_SENDER, "RFC 6455 5.5.1",
        "A Close has a body of one byte, half a status code.",
        "Leave the body empty, or begin it with a status code of two bytes." },
    [FRAME_CLOSE_CODE_NEVER_SENT] = { "frame-close-code-never-sent", RULE_MUST, RULE_SENDER,
        "RFC 6455 7.4.1",
        "A Close carries 1005, 1006 or 1015, which stand for \"no Close was received\" and its kind.",
        "Send a code that gives a reason, such as 1000; these three are an API's words, never the wire's." },
    [FRAME_CLOSE_CODE_UNDEFINED] = { "frame-close-code-undefined", RULE_SHOULD, RULE_SENDER,
        "RFC 6455 7.4.2",
        "A Close carries a code that nothing defines.",
        "Use a registered code, one of 3000 to 3999 of a library's, or 4000 to 4999 for your own." },
    [FRAME_CLOSE_CODE_WRONG_SIDE] = { "frame-close-code-wrong-side", RULE_SHOULD, RULE_SENDER,
        "RFC 6455 7.4.1",
        "The server closed with 1010, the code for an extension missing from the handshake.",
        "Leave 1010 to clients: a server that misses an extension refuses the handshake." },
    [FRAME_CLOSE_REASON_NOT_UTF8] = { "frame-close-reason-not-utf8", RULE_MUST, RULE_SENDER,
        "RFC 6455 5.5.1",
        "The reason of a Close is not valid UTF-8.",
        "Write the reason as UTF-8, and where 123 bytes are too few cut it between characters." },
    [FRAME_CLOSE_ANSWER_DIFFERS] = { "frame-close-answer-differs", RULE_NOTE, RULE_SENDER,
        "RFC 6455 5.5.1",
        "The answering Close carries another code than the Close that it answers.",
        "Echo the code that was received, as most endpoints do; the first Close is the one that explains." },
    [FRAME_DATA_AFTER_CLOSE] = { "frame-data-after-close", RULE_MUST, RULE_SENDER, "RFC 6455 5.5.1",
        "A data frame follows the sender's own Close.",
        "Send everything before the Close: the receiver no longer looks at what comes behind it." },
    [FRAME_CONTROL_AFTER_CLOSE] = { "frame-control-after-close", RULE_NOTE, RULE_SENDER, "RFC 6455 5.5.1",
        "A control frame follows the sender's own Close.",
        "Let the Close be the last frame; one is enough, and later pings need not be answered." },
    [FRAME_MASK_ZERO] = { "frame-mask-zero", RULE_NOTE, RULE_CLIENT, "RFC 6455 5.3",
        "The masking key is zero, so the payload crosses the wire unchanged.",
        "Draw four unpredictable bytes for every frame; zeros are legal, but undo what masks are for." },
    [FRAME_MASK_REPEATED] = { "frame-mask-repeated", RULE_SHOULD, RULE_CLIENT, "RFC 6455 5.3",
        "The masking key is the same as the frame's before.",
        "Draw a new key for every frame from a strong source of randomness." },
    [FRAME_PONG_UNSOLICITED] = { "frame-pong-unsolicited", RULE_NOTE, RULE_SENDER, "RFC 6455 5.5.3",
        "A Pong answers no open Ping: none was sent, or its payload differs.",
        "Copy the Ping's payload to answer it; a Pong unasked for is a legal one-way heartbeat." },
};

static const struct rule message_rules[] = {
    [MESSAGE_NOT_UTF8] = { "message-not-utf8", RULE_MUST, RULE_SENDER, "RFC 6455 5.6",
        "A text message is not valid UTF-8.",
        "Encode text as UTF-8, or send the bytes as a binary message; receivers close with 1007." },
    [MESSAGE_DEFLATE_CORRUPT] = { "message-deflate-corrupt", RULE_MUST, RULE_SENDER, "RFC 7692 7.2.1",
        "A message marked as compressed does not inflate.",
        "Send raw DEFLATE blocks, within the agreed window, without the last four bytes 00 00 ff ff." },
    [MESSAGE_WINDOW_LOST] = { "message-window-lost", RULE_NOTE, RULE_CAPTURE, "RFC 7692 7.1.1",
        "The message cannot be inflated: something before it was not captured, or another extension had it.",
        "Capture from the handshake on without loss; without context takeover each message stands alone." },
    [MESSAGE_INFLATE_LIMIT] = { "message-inflate-limit", RULE_NOTE, RULE_CAPTURE, "RFC 6455 10.4",
        "The message inflates to more than the limit set here; the rest was not inflated.",
        "Receivers need such a limit as well: a few kilobytes can hold gigabytes of zeros." },
    [MESSAGE_INFLATE_MEMORY] = { "message-inflate-memory", RULE_NOTE, RULE_CAPTURE, "RFC 6455 10.4",
        "There was no memory left for this direction's compression window.",
        "Give more memory; without context takeover a sender needs no window between messages." },
};

static const struct rule close_rules[] = {
    [CLOSE_WITHOUT_CLOSE_FRAME_CLIENT] = { "close-without-close-frame-client", RULE_SHOULD, RULE_CLIENT,
        "RFC 6455 7.3",
        "The client ended the TCP connection without a Close frame.",
        "Send a Close and wait for the answer; otherwise the server's application sees 1006." },
    [CLOSE_WITHOUT_CLOSE_FRAME_SERVER] = { "close-without-close-frame-server", RULE_SHOULD, RULE_SERVER,
        "RFC 6455 7.3",
        "The server ended the TCP connection without a Close frame.",
        "Send a Close with a code first; otherwise the client's application sees 1006 and must guess." },
    [CLOSE_UNANSWERED_BY_CLIENT] = { "close-unanswered-by-client", RULE_MUST, RULE_CLIENT,
        "RFC 6455 5.5.1",
        "The client never answered the server's Close.",
        "Answer a Close with a Close, after the message under way at the latest." },
    [CLOSE_UNANSWERED_BY_SERVER] = { "close-unanswered-by-server", RULE_MUST, RULE_SERVER,
        "RFC 6455 5.5.1",
        "The server never answered the client's Close.",
        "Answer a Close with a Close, after the message under way at the latest; then close TCP." },
    [CLOSE_TCP_BY_CLIENT_FIRST] = { "close-tcp-by-client-first", RULE_SHOULD, RULE_CLIENT, "RFC 6455 7.1.1",
        "Both sides said Close, and the client closed TCP before the server did.",
        "Let the server close first and keep the TIME-WAIT state, so that the client can connect again." },
    [CLOSE_TCP_LATE_BY_SERVER] = { "close-tcp-late-by-server", RULE_SHOULD, RULE_SERVER, "RFC 6455 7.1.1",
        "More than a second after the closing handshake the server had not closed TCP.",
        "Close TCP at once when both Closes have passed: the client is waiting for it." },
    [CLOSE_MESSAGE_UNFINISHED_CLIENT] = { "close-message-unfinished-client", RULE_NOTE, RULE_CLIENT,
        "RFC 6455 5.4",
        "The client's side ended inside a fragmented message.",
        "Finish the message with a FIN frame before the Close, or lose it: no receiver delivers a half." },
    [CLOSE_MESSAGE_UNFINISHED_SERVER] = { "close-message-unfinished-server", RULE_NOTE, RULE_SERVER,
        "RFC 6455 5.4",
        "The server's side ended inside a fragmented message.",
        "Finish the message with a FIN frame before the Close, or lose it: no receiver delivers a half." },
    [CLOSE_FRAME_CUT_CLIENT] = { "close-frame-cut-client", RULE_SHOULD, RULE_CLIENT, "RFC 6455 5.2",
        "The client's side ended inside a frame.",
        "Send as many payload bytes as the header announces before anything else, the end included." },
    [CLOSE_FRAME_CUT_SERVER] = { "close-frame-cut-server", RULE_SHOULD, RULE_SERVER, "RFC 6455 5.2",
        "The server's side ended inside a frame.",
        "Send as many payload bytes as the header announces before anything else, the end included." },
    [CLOSE_PING_UNANSWERED_BY_CLIENT] = { "close-ping-unanswered-by-client", RULE_MUST, RULE_CLIENT,
        "RFC 6455 5.5.2",
        "The client went on for more than a second and never answered the server's Ping.",
        "Answer with a Pong that carries the Ping's payload; the newest Ping's will do for several." },
    [CLOSE_PING_UNANSWERED_BY_SERVER] = { "close-ping-unanswered-by-server", RULE_MUST, RULE_SERVER,
        "RFC 6455 5.5.2",
        "The server went on for more than a second and never answered the client's Ping.",
        "Answer with a Pong that carries the Ping's payload; the newest Ping's will do for several." },
    [CLOSE_BY_RESET] = { "close-by-reset", RULE_NOTE, RULE_CAPTURE, "RFC 6455 7.1.1",
        "The connection ended with a TCP reset, which may destroy data still on its way.",
        "Read what is left and close with FIN; a reset can also come from a device in between." },
};

static const struct rule notice_rules[] = {
    [NOTICE_CONFLICT] = { "tcp-conflict", RULE_NOTE, RULE_CAPTURE, "RFC 9293 3.4",
        "A retransmission carries other bytes than the first copy, which was the one believed.",
        "The same sequence numbers always stand for the same bytes; suspect injection or a broken device." },
    [NOTICE_JOINED_LATE] = { "capture-joined-late", RULE_NOTE, RULE_CAPTURE, "RFC 6455 5.2",
        "WebSocket was recognised from its frames: the handshake is not in the capture.",
        "Start the capture before the connection to see what was negotiated." },
    [NOTICE_NOT_WEBSOCKET] = { "stream-not-websocket", RULE_MUST, RULE_SENDER, "RFC 6455 5.1",
        "What follows the 101 is no run of WebSocket frames; it is not decoded further.",
        "After the 101 both sides send frames and nothing else." },
    [NOTICE_GUESS_WRONG] = { "capture-guess-wrong", RULE_NOTE, RULE_CAPTURE, "RFC 6455 5.2",
        "What was taken for frames, without a handshake or after a loss, is none; it is not decoded further.",
        "Capture from the handshake on and without loss; name only WebSocket's ports with -d." },
    [NOTICE_NOT_HTTP] = { "stream-not-http", RULE_NOTE, RULE_CAPTURE, "RFC 9112 2.1",
        "The connection began as HTTP and went on as something else, which is not decoded.",
        "Leave HTTP/1.1 only by way of a 101 or a CONNECT." },
    [NOTICE_HTTP2] = { "stream-http2", RULE_NOTE, RULE_CAPTURE, "RFC 8441 5",
        "This is HTTP/2; a WebSocket inside one of its streams is not decoded here.",
        "Nothing is wrong on the wire; make the client use HTTP/1.1 to see the frames." },
    [NOTICE_HEAD_LIMIT] = { "limit-head", RULE_NOTE, RULE_CAPTURE, "RFC 9110 5.4",
        "An HTTP head is longer than the limit set here; the stream is not taken for HTTP.",
        "Keep heads small: most servers refuse more than 8 or 16 KiB with 431." },
    [NOTICE_HELD_LIMIT] = { "limit-held", RULE_NOTE, RULE_CAPTURE, "RFC 9293 3.4",
        "Too many bytes waited for a missing one; the hole was called lost.",
        "Capture without loss, or raise --held." },
    [NOTICE_CONNECTIONS_LIMIT] = { "limit-connections", RULE_NOTE, RULE_CAPTURE, "RFC 6455 10.4",
        "More connections are open than are followed at once; the longest silent one was given up.",
        "Filter the capture to the ports of interest, or raise the limit." },
    [NOTICE_MEMORY_LIMIT] = { "limit-memory", RULE_NOTE, RULE_CAPTURE, "RFC 6455 10.4",
        "The memory ceiling was reached; bytes were passed over.",
        "Raise --memory, or filter the capture." },
    [NOTICE_AFTER_END] = { "tcp-data-after-end", RULE_NOTE, RULE_SENDER, "RFC 9293 3.6",
        "Data follows the sender's own FIN or a reset; it is not decoded.",
        "Send everything before the FIN, which takes the last sequence number of its direction." },
    [NOTICE_URGENT] = { "tcp-urgent", RULE_SHOULD, RULE_SENDER, "RFC 9293 3.8.5",
        "A segment is marked urgent; its bytes were read in line with the others.",
        "Leave URG unset: what receivers do with an urgent byte differs, and frames would lose step." },
    [NOTICE_RESET_IGNORED] = { "tcp-reset-ignored", RULE_NOTE, RULE_CAPTURE, "RFC 9293 3.5.3",
        "A reset came with a sequence number outside the window, so the connection lives on.",
        "A true reset carries the next expected sequence number; suspect injection." },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static_assert(ROWS(http_rules) == HTTP_FAULTS, "a row for every fault");
static_assert(ROWS(handshake_rules) == HANDSHAKE_FAULTS, "a row for every fault");
static_assert(ROWS(frame_rules) == FRAME_FAULTS, "a row for every fault");
static_assert(ROWS(message_rules) == MESSAGE_FAULTS, "a row for every fault");
static_assert(ROWS(close_rules) == CLOSE_FAULTS, "a row for every fault");
static_assert(ROWS(notice_rules) == NOTICE_FAULTS, "a row for every fault");

const struct rule *rules_of(enum event_kind kind, size_t *count)
{
    static const struct {
        const struct rule *rows;
        size_t count;
    } tables[EVENT_KINDS] = {
        [EVENT_HTTP] = { http_rules, ROWS(http_rules) },
        [EVENT_HANDSHAKE] = { handshake_rules, ROWS(handshake_rules) },
        [EVENT_FRAME] = { frame_rules, ROWS(frame_rules) },
        [EVENT_CUT] = { frame_rules, ROWS(frame_rules) },
        [EVENT_MESSAGE] = { message_rules, ROWS(message_rules) },
        [EVENT_CLOSE] = { close_rules, ROWS(close_rules) },
        [EVENT_NOTICE] = { notice_rules, ROWS(notice_rules) },
    };

    *count = tables[kind].count;
    return tables[kind].rows;
}

enum rule_side rules_side(const struct rule *rule, enum direction direction)
{
    if (rule->side != RULE_SENDER) {
        return rule->side;
    }
    return direction == C2S ? RULE_CLIENT : RULE_SERVER;
}

bool rules_next(const struct event *event, unsigned *next, struct finding *out)
{
    uint64_t left = *next < 64 ? event->faults >> *next << *next : 0;
    size_t count;
    const struct rule *rows = rules_of(event->kind, &count);

    if (left == 0) {
        return false;
    }
    unsigned bit = (unsigned)__builtin_ctzll(left);

    assert(bit < count);
    *next = bit + 1;
    *out = (struct finding){ .rule = &rows[bit],
                             .side = rules_side(&rows[bit], event->direction),
                             .event = event };
    return true;
}

const char *rules_severity_name(enum rule_severity severity)
{
    static const char *const names[] = {
        [RULE_MUST] = "must",
        [RULE_SHOULD] = "should",
        [RULE_NOTE] = "note",
    };

    return names[severity];
}

const char *rules_severity_word(enum rule_severity severity)
{
    static const char *const words[] = {
        [RULE_MUST] = "MUST",
        [RULE_SHOULD] = "SHOULD",
        [RULE_NOTE] = "note",
    };

    return words[severity];
}

const char *rules_side_name(enum rule_side side)
{
    static const char *const names[] = {
        [RULE_SENDER] = "sender",
        [RULE_CLIENT] = "client",
        [RULE_SERVER] = "server",
        [RULE_CAPTURE] = "capture",
    };

    return names[side];
}
