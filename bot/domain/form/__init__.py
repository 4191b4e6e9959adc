"""Forms for those who do not type flags: what they ask for, and the line that an answer means.

A form is another way to type: what is filled in becomes a line of the grammar, which is read,
authorized, recorded and carried out as any other.
"""

from bot.domain.form.build import (
    create_form,
    deploy_form,
    node_choice_form,
    node_form,
    scale_form,
    update_form,
)
from bot.domain.form.fields import Field, FieldKind, Form
from bot.domain.form.line import check_visible, field_of, typed_line

__all__ = [
    "Field",
    "FieldKind",
    "Form",
    "check_visible",
    "create_form",
    "deploy_form",
    "field_of",
    "node_choice_form",
    "node_form",
    "scale_form",
    "typed_line",
    "update_form",
]
