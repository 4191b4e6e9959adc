"""The diff of two specs, field by field in the reader's words.

diff(old, new)          one FieldChange a field; values that may be secret are hidden
summarize(changes)      the same in a few words, for a line of the history
"""

from bot.domain.diff.compare import diff
from bot.domain.diff.summary import summarize

__all__ = ["diff", "summarize"]
