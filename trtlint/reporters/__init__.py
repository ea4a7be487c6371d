"""Reports as text: for people (:mod:`.text`), for machines (:mod:`.json`), for patch (:mod:`.diff`).

Each reporter is a function from a :class:`~trtlint.report.Report` to a string; none prints.
"""

from __future__ import annotations
