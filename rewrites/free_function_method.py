"""free-function: the function becomes a static method of the class that uses it."""

from __future__ import annotations

from trtlint.api import Change, Decline, Rewrite, Safety, TracedCode, move_into_class
from trtlint.rules.free_function import FreeFunction, FreeFunctionUse


class FreeFunctionToMethod(Rewrite[FreeFunctionUse]):
    """Move the function into the one class whose traced code uses it, and leave an alias behind.

    Why safe: the body is the same, a static method takes the same arguments, and the old name at
    module level still leads to it for every other caller. Several users are declined: a copy for
    each would have to be kept in step, and which class should own it is the author's to say.
    """

    rule = FreeFunction
    title = "move it into the class as a static method"
    safety = Safety.SAFE
    on_request = True  # moving code is a change of design, not worth it for a target that is fine

    def rewrite(self, found: FreeFunctionUse, code: TracedCode) -> Change | Decline:
        """For functions of one user in the same file."""
        if len(found.users) != 1:
            names = ", ".join(f"`{user.qualname}`" for user in found.users)
            return Decline(f"the traced code of several classes uses it ({names})")
        moved = move_into_class(code, found.users[0])
        return Decline(moved) if isinstance(moved, str) else moved
