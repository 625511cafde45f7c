/* SPDX-License-Identifier: MIT */
#include "mqtt_names.h"

#include <stddef.h>

static const struct mqtt_property properties[] = {
    { 0x01, "Payload Format Indicator", MQTT_BYTE, "1: the payload is UTF-8." },
    { 0x02, "Message Expiry Interval", MQTT_FOUR_BYTES, "Seconds after which nobody wants it any more." },
    { 0x03, "Content Type", MQTT_STRING, "What the payload is." },
    { 0x08, "Response Topic", MQTT_STRING, "Where an answer is awaited." },
    { 0x09, "Correlation Data", MQTT_BINARY, "The answer is to carry the same." },
    { 0x0B, "Subscription Identifier", MQTT_VARIABLE,
      "The subscription's number, which its messages carry." },
    { 0x11, "Session Expiry Interval", MQTT_FOUR_BYTES, "Seconds that the session outlives its connection." },
    { 0x12, "Assigned Client Identifier", MQTT_STRING, "The name that the server chose for the client." },
    { 0x13, "Server Keep Alive", MQTT_TWO_BYTES, "The keep alive that counts instead of the client's." },
    { 0x15, "Authentication Method", MQTT_STRING, "How the client shows who it is." },
    { 0x16, "Authentication Data", MQTT_BINARY, "What that method says." },
    { 0x17, "Request Problem Information", MQTT_BYTE, "0: no reason strings are wanted." },
    { 0x18, "Will Delay Interval", MQTT_FOUR_BYTES, "Seconds until the will is published." },
    { 0x19, "Request Response Information", MQTT_BYTE, "1: the client asks where answers may go." },
    { 0x1A, "Response Information", MQTT_STRING, "What response topics begin with." },
    { 0x1C, "Server Reference", MQTT_STRING, "Another server to go to." },
    { 0x1F, "Reason String", MQTT_STRING, "The reason in a sentence." },
    { 0x21, "Receive Maximum", MQTT_TWO_BYTES, "Messages with QoS 1 and 2 that may be under way at once." },
    { 0x22, "Topic Alias Maximum", MQTT_TWO_BYTES, "The highest alias that the other side may use." },
    { 0x23, "Topic Alias", MQTT_TWO_BYTES, "A number that stands for the topic from now on." },
    { 0x24, "Maximum QoS", MQTT_BYTE, "The most that the server can do." },
    { 0x25, "Retain Available", MQTT_BYTE, "0: the server retains nothing." },
    { 0x26, "User Property", MQTT_PAIR, "A name and a value of the application's." },
    { 0x27, "Maximum Packet Size", MQTT_FOUR_BYTES, "The largest packet that is accepted." },
    { 0x28, "Wildcard Subscription Available", MQTT_BYTE, "0: filters may not have + or #." },
    { 0x29, "Subscription Identifiers Available", MQTT_BYTE, "0: subscriptions may have no number." },
    { 0x2A, "Shared Subscription Available", MQTT_BYTE, "0: there are no shared subscriptions." },
};

const struct mqtt_property *mqtt_property_find(uint8_t number)
{
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        if (properties[i].number == number) {
            return &properties[i];
        }
    }
    return NULL;
}

struct code {
    uint8_t code;
    const char *name;
};

static const struct code reasons[] = {
    { 0x00, "Success" },
    { 0x01, "Granted QoS 1" },
    { 0x02, "Granted QoS 2" },
    { 0x04, "Disconnect with Will Message" },
    { 0x10, "No matching subscribers" },
    { 0x11, "No subscription existed" },
    { 0x18, "Continue authentication" },
    { 0x19, "Re-authenticate" },
    { 0x80, "Unspecified error" },
    { 0x81, "Malformed Packet" },
    { 0x82, "Protocol Error" },
    { 0x83, "Implementation specific error" },
    { 0x84, "Unsupported Protocol Version" },
    { 0x85, "Client Identifier not valid" },
    { 0x86, "Bad User Name or Password" },
    { 0x87, "Not authorized" },
    { 0x88, "Server unavailable" },
    { 0x89, "Server busy" },
    { 0x8A, "Banned" },
    { 0x8B, "Server shutting down" },
    { 0x8C, "Bad authentication method" },
    { 0x8D, "Keep Alive timeout" },
    { 0x8E, "Session taken over" },
    { 0x8F, "Topic Filter invalid" },
    { 0x90, "Topic Name invalid" },
    { 0x91, "Packet Identifier in use" },
    { 0x92, "Packet Identifier not found" },
    { 0x93, "Receive Maximum exceeded" },
    { 0x94, "Topic Alias invalid" },
    { 0x95, "Packet too large" },
    { 0x96, "Message rate too high" },
    { 0x97, "Quota exceeded" },
    { 0x98, "Administrative action" },
    { 0x99, "Payload format invalid" },
    { 0x9A, "Retain not supported" },
    { 0x9B, "QoS not supported" },
    { 0x9C, "Use another server" },
    { 0x9D, "Server moved" },
    { 0x9E, "Shared Subscriptions not supported" },
    { 0x9F, "Connection rate exceeded" },
    { 0xA0, "Maximum connect time" },
    { 0xA1, "Subscription Identifiers not supported" },
    { 0xA2, "Wildcard Subscriptions not supported" },
};

/* Version 3.1.1's: of a CONNACK. */
static const struct code returns[] = {
    { 0, "Connection Accepted" }, { 1, "unacceptable protocol version" }, { 2, "identifier rejected" },
    { 3, "Server unavailable" },  { 4, "bad user name or password" },     { 5, "not authorized" },
};

/* Of a SUBACK, in either version: the QoS that was granted. */
static const struct code grants[] = {
    { 0, "Granted QoS 0" },
    { 1, "Granted QoS 1" },
    { 2, "Granted QoS 2" },
    { 0x80, "Failure" },
};

static const char *find(const struct code *codes, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i].code == code) {
            return codes[i].name;
        }
    }
    return "unknown";
}

const char *mqtt_code_name(unsigned type, bool version_5, unsigned code)
{
    if (type == MQTT_SUBACK && (code < 3 || !version_5)) {
        return find(grants, sizeof grants / sizeof grants[0], code);
    }
    if (type == MQTT_CONNACK && !version_5) {
        return find(returns, sizeof returns / sizeof returns[0], code);
    }
    if (type == MQTT_DISCONNECT && code == 0) {
        return "Normal disconnection";
    }
    return find(reasons, sizeof reasons / sizeof reasons[0], code);
}
