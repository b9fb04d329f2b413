"""The real program, with a part that breaks on SIGUSR2: `breakable_program.py PART [flags]`.

PART is the class name of a singleton actor, or `reader`, which needs a client to be connected.
"""

import signal
import sys
from typing import Any

import pykka

from websocket_mock.actors.kernel.refs import ask
from websocket_mock.actors.messages import GetClientRefs
from websocket_mock.actors.values.namespaces import EVERY_NAMESPACE
from websocket_mock.actors.values.targets import Everyone
from websocket_mock.scripts.launch import main


def boom() -> None:
    raise RuntimeError("boom")


def break_part(name: str) -> None:
    if name == "reader":
        (registry_ref,) = pykka.ActorRegistry.get_by_class_name("ClientRegistry")
        query = GetClientRefs(Everyone(), EVERY_NAMESPACE)
        ((_, client_ref),) = ask(registry_ref, query, timeout=5.0)
        mailbox: Any = client_ref.actor_inbox
        mailbox.dispatcher.call_soon(boom)
        return
    (ref,) = pykka.ActorRegistry.get_by_class_name(name)
    ref.tell("no message of its union")


if __name__ == "__main__":
    part, *flags = sys.argv[1:]
    signal.signal(signal.SIGUSR2, lambda *_: break_part(part))
    sys.exit(main(flags))
