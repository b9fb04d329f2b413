"""Which named streams run."""

import gc
import weakref

from websocket_mock.actors.conversation.streams import Streams


def test_stop_ends_the_stream_of_its_name_alone() -> None:
    streams = Streams()
    one, other = streams.start("one"), streams.start("other")
    streams.stop("one")
    assert (one.has_ended, other.has_ended) == (True, False)


def test_name_that_is_started_again_ends_the_old_stream() -> None:
    streams = Streams()
    old = streams.start("a")
    new = streams.start("a")
    assert (old.has_ended, new.has_ended) == (True, False)
    streams.stop("a")
    assert new.has_ended


def test_name_that_does_not_run_may_be_stopped() -> None:
    streams = Streams()
    streams.stop("a")
    stream = streams.start("a")
    streams.stop("a")
    streams.stop("a")
    assert stream.has_ended


def test_streams_that_nobody_holds_are_forgotten() -> None:
    streams = Streams()
    forgotten = [weakref.ref(streams.start(f"stream {number}")) for number in range(100)]
    held = streams.start("held")
    gc.collect()
    assert [one() for one in forgotten] == [None] * 100
    assert not held.has_ended
