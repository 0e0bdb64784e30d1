"""What there is to be allowed. Every route declares one of these; every role is a set of them."""

from enum import StrEnum


class Kind(StrEnum):
    """What a permission can be given on. The values are the Public API's resource types."""

    WORKSPACE = "WORKSPACE"
    SOURCE = "SOURCE"
    WAREHOUSE = "WAREHOUSE"
    FUNCTION = "FUNCTION"
    SPACE = "SPACE"


class Permission(StrEnum):
    """One thing that somebody may do. To administer does not imply to read: roles hold both."""

    WORKSPACE_READ = "workspace.read"
    """See the workspace's settings, labels, volumes, ledger and health."""
    WORKSPACE_ADMIN = "workspace.admin"
    """Change the workspace's settings and labels."""
    SOURCE_READ = "source.read"
    """See a source: its settings, schema, destinations, quarantine and debugger."""
    SOURCE_ADMIN = "source.admin"
    """Change a source, see and change its write keys, replay its events; on all: make sources."""
    WAREHOUSE_READ = "warehouse.read"
    """See the warehouse's tables and ask it. Asking also takes pii.read: rows name people."""
    WAREHOUSE_ADMIN = "warehouse.admin"
    """Change the warehouse's settings and repair its columns."""
    PII_READ = "pii.read"
    """See personal data, of those things that another permission lets one see."""
    AUDIT_READ = "audit.read"
    """See the audit trail."""
    IAM_READ = "iam.read"
    """See users, groups, roles and invitations."""
    IAM_ADMIN = "iam.admin"
    """Invite, remove and empower people; make and revoke API tokens."""
    PLAN_READ = "plan.read"
    """See cleaning rules, sync rules, tracking plans and transformations."""
    PLAN_ADMIN = "plan.admin"
    """Change cleaning rules, sync rules, tracking plans and transformations."""
    FUNCTION_READ = "function.read"
    """See a function's code and settings."""
    FUNCTION_ADMIN = "function.admin"
    """Change and deploy a function; on all: make functions."""
    SPACE_READ = "space.read"
    """See a space's profiles, audiences and computed traits."""
    SPACE_ADMIN = "space.admin"
    """Change a space's settings."""
    AUDIENCE_ADMIN = "audience.admin"
    """Change a space's audiences and computed traits."""
    IDENTITY_ADMIN = "identity.admin"
    """Change how profiles are put together."""
    PRIVACY_ADMIN = "privacy.admin"
    """Delete and suppress people on their request; say what counts as personal data."""
    ENTITY_READ = "entity.read"
    """See entities and their relationships."""
    ENTITY_ADMIN = "entity.admin"
    """Change entities and their relationships."""

    @property
    def kind(self) -> Kind:
        """What this permission is asked for on, where it is given on less than the workspace."""
        return _KINDS.get(self.value.partition(".")[0], Kind.WORKSPACE)


_KINDS = {
    "source": Kind.SOURCE,
    "warehouse": Kind.WAREHOUSE,
    "function": Kind.FUNCTION,
    "space": Kind.SPACE,
    "audience": Kind.SPACE,
}
