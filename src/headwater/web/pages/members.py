"""/settings/members: who belongs to the workspace, what each may, and who is invited."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater import mail
from headwater.access import groups, invitations, users
from headwater.access.invitations import Invitation, Wanted
from headwater.access.permissions import Permission
from headwater.access.roles import Role
from headwater.errors import HeadwaterError, InvalidError
from headwater.mail import Message
from headwater.web import grants
from headwater.web.frame import Page, Visit
from headwater.web.grants import GrantsForm
from headwater.web.problems import Problem


class Invite(GrantsForm):
    """Whom to invite: addresses, one in each line."""

    emails: str = ""

    def wanted(self) -> list[Wanted]:
        """The invitations that are asked for. Raises InvalidError."""
        given = self.grants()
        addresses = self.emails.replace(",", "\n").replace(";", "\n").split("\n")
        return [Wanted(each.strip(), given) for each in addresses if each.strip()]


class Withdraw(msgspec.Struct):
    """Whose invitation to withdraw, or to make anew."""

    email: str = ""


class Remove(msgspec.Struct):
    """The address, typed to confirm."""

    typed: str = ""


async def index(visit: Visit) -> Response:
    changes, by = visit.context.changes, visit.principal
    people = await run_in_threadpool(users.listed, changes, by)
    invited = await run_in_threadpool(invitations.listed, changes, by)
    known = await run_in_threadpool(grants.places, changes, by)
    of_groups = await run_in_threadpool(groups.listed, changes, by)
    return visit.render(
        "settings/members.html",
        people=[
            (
                each.user,
                grants.told(each.grants, known, visit.translator),
                [group for group in of_groups if each.user.email in group.emails],
            )
            for each in people
        ],
        invited=[(each, grants.told(each.grants, known, visit.translator)) for each in invited],
        may_change=visit.may(Permission.IAM_ADMIN),
    )


async def ask(visit: Visit) -> Response:
    rows = [grants.Row(Role.WORKSPACE_MEMBER.value, "WORKSPACE")]
    return await _invite_page(visit, visit.query("email"), rows)


async def invite(visit: Visit) -> Response:
    form = await visit.form(Invite)
    try:
        wanted = form.wanted()
        if not wanted:
            raise InvalidError("emails: is empty.", field="emails")
        made = await run_in_threadpool(
            invitations.create, visit.context.changes, visit.principal, wanted
        )
    except HeadwaterError as error:
        rows = [grants.Row(*each) for each in zip(form.role, form.scope, strict=False) if each[0]]
        return await _invite_page(visit, form.emails, rows, error)
    links = [(each, f"{visit.url}{invitations.path_of(secret)}") for each, secret in made]
    problem = await _sent_by_mail(visit, links)
    sent = problem is None and mail.is_configured(visit.context.settings)
    return visit.render("settings/invited.html", links=links, sent=sent, problem=problem)


async def _sent_by_mail(visit: Visit, links: list[tuple[Invitation, str]]) -> Problem | None:
    """Send each invitation to its address, where a mail server is configured."""
    if not mail.is_configured(visit.context.settings):
        return None
    name = visit.account.workspace.name
    subject = visit._("%(who)s invites you to %(name)s", who=visit.name, name=name)
    text = visit._("Join %(name)s by this link. It works once, for seven days:", name=name)
    messages = [Message(each.email, subject, f"{text}\n\n{link}\n") for each, link in links]
    try:
        await run_in_threadpool(mail.send, visit.context.settings, *messages)
    except HeadwaterError as error:
        return visit.problem(error)
    return None


async def withdraw(visit: Visit) -> Response:
    form = await visit.form(Withdraw)
    await run_in_threadpool(
        invitations.withdraw, visit.context.changes, visit.principal, [form.email]
    )
    return visit.redirect("/settings/members", notice=visit._("The invitation is withdrawn."))


async def show(visit: Visit) -> Response:
    return await _member_page(visit)


async def change(visit: Visit) -> Response:
    form = await visit.form(GrantsForm)
    try:
        member = await run_in_threadpool(
            users.replace_permissions,
            visit.context.changes,
            visit.principal,
            visit.path("user_id"),
            form.grants(),
        )
    except HeadwaterError as error:
        return await _member_page(visit, error)
    notice = visit._("The roles of %(name)s are changed.", name=member.user.name)
    return visit.redirect("/settings/members", notice=notice)


async def remove(visit: Visit) -> Response:
    form = await visit.form(Remove)
    changes, by = visit.context.changes, visit.principal
    member = await run_in_threadpool(users.one, changes, by, visit.path("user_id"))
    try:
        if form.typed.strip().casefold() != member.user.email:
            raise InvalidError(f"typed: is not {member.user.email}.", field="typed")
        await run_in_threadpool(users.remove, changes, by, [member.user.id])
    except HeadwaterError as error:
        return await _member_page(visit, error)
    notice = visit._("%(name)s does not belong to the workspace any more.", name=member.user.name)
    return visit.redirect("/settings/members", notice=notice)


async def _member_page(visit: Visit, error: HeadwaterError | None = None) -> Response:
    changes, by, user_id = visit.context.changes, visit.principal, visit.path("user_id")
    member = await run_in_threadpool(users.one, changes, by, user_id)
    known = await run_in_threadpool(grants.places, changes, by)
    of_groups = await run_in_threadpool(groups.of_user, changes, by, user_id)
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/member.html",
        problem.status if problem else 200,
        problem=problem,
        user=member.user,
        rows=grants.rows(member.grants),
        told=grants.told(member.grants, known, visit.translator),
        of_groups=[(each, grants.told(each.grants, known, visit.translator)) for each in of_groups],
        roles=grants.roles(visit.translator),
        scopes=grants.scopes(known, visit.translator),
        may_change=visit.may(Permission.IAM_ADMIN),
    )


async def _invite_page(
    visit: Visit, emails: str, rows: list[grants.Row], error: HeadwaterError | None = None
) -> Response:
    known = await run_in_threadpool(grants.places, visit.context.changes, visit.principal)
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/invite.html",
        problem.status if problem else 200,
        problem=problem,
        emails=emails,
        rows=rows,
        roles=grants.roles(visit.translator),
        scopes=grants.scopes(known, visit.translator),
    )


_MEMBER = "/settings/members/{user_id}"
PAGES = (
    Page("GET", "/settings/members", Permission.IAM_READ, index),
    Page("GET", "/settings/members/invite", Permission.IAM_ADMIN, ask),
    Page("POST", "/settings/members/invite", Permission.IAM_ADMIN, invite),
    Page("POST", "/settings/members/withdraw", Permission.IAM_ADMIN, withdraw),
    Page("GET", _MEMBER, Permission.IAM_READ, show),
    Page("POST", _MEMBER, Permission.IAM_ADMIN, change),
    Page("POST", f"{_MEMBER}/remove", Permission.IAM_ADMIN, remove),
)
