"""Users and content types: what AquaMind takes from Django."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    boolean,
    key,
    timestamptz,
    unique,
    varchar,
)

USER = entity(
    "auth_user",
    key(small=True),
    varchar("password", 128),
    timestamptz("last_login", null=True),
    boolean("is_superuser"),
    varchar("username", 150),
    varchar("first_name", 150),
    varchar("last_name", 150),
    varchar("email", 254),
    boolean("is_staff"),
    boolean("is_active"),
    timestamptz("date_joined"),
    unique("username"),
)

CONTENT_TYPE = entity(
    "django_content_type",
    key(small=True),
    varchar("app_label", 100),
    varchar("model", 100),
    unique("app_label", "model"),
)
