"""Reports as strings: for people (:mod:`.text`), machines (:mod:`.json`) and patch (:mod:`.diff`).

Each reporter is a function from a :class:`~trtlint.report.Report` to a string; none prints.
"""

from __future__ import annotations
