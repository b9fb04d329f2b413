"""The errors that callers outside the actors must expect.

ActorError
├── AskTimeout        an actor did not answer in time
└── ActorGone         the actor, or its dispatcher, has stopped
"""


class ActorError(Exception):
    """Base of every error this package raises on purpose."""


class AskTimeout(ActorError):
    """Raised when an actor did not answer in time. It may still do the work."""


class ActorGone(ActorError):
    """Raised when an actor or dispatcher has stopped and will never answer."""
