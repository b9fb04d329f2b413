"""The real program, with a part that breaks on SIGUSR2: `breakable_program.py PART [flags]`.

PART is the class name of a singleton actor, or `reader`, which needs a client to be connected.
"""

import signal
import sys
import threading
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


def wait_for_signal(name: str) -> None:
    # A handler would run on the main thread, at any place of it, and only when it wakes up.
    signal.sigwait({signal.SIGUSR2})
    break_part(name)


if __name__ == "__main__":
    part, *flags = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    threading.Thread(target=wait_for_signal, args=(part,), daemon=True).start()
    sys.exit(main(flags))
