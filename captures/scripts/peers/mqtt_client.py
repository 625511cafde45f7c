#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""MQTT over WebSocket by paho: subscribes, publishes, hears its own words; stays until the connection ends."""
import threading

import paho.mqtt.client as mqtt

from oracle import write

over = threading.Event()


def saw(name, **more):
    write(by="client", event="application", name=name, **more)


def on_connect(client, _, __, code):
    saw("connected", code=code)
    client.subscribe("weather/#")


def on_subscribe(client, *_):
    saw("subscribed")
    client.publish("weather/Köln", "Regen 🌧")
    client.publish("weather/long", "x" * 300)


def on_message(client, _, message):
    saw("message", topic=message.topic, payload=message.payload.decode())


def on_disconnect(client, *_):
    saw("disconnected")
    over.set()


def main():
    client = mqtt.Client(client_id="gallery", transport="websockets")
    client.ws_set_options(path="/mqtt")
    client.on_connect, client.on_subscribe = on_connect, on_subscribe
    client.on_message, client.on_disconnect = on_message, on_disconnect
    client.connect("127.0.0.1", 9001)
    client.loop_start()
    over.wait(10)
    client.loop_stop()


main()
