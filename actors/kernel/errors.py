"""What callers outside the actors have to expect.

ActorError
├── AskTimeout        an actor did not answer in time
└── ActorGone         the actor, or its dispatcher, has stopped
"""


class ActorError(Exception):
    """Base of every error this package raises on purpose."""


class AskTimeout(ActorError):
    """Raised when an actor did not answer in time; it may still do the work."""


class ActorGone(ActorError):
    """Raised when the receiver has stopped and will never answer."""
