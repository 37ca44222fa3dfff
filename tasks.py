"""The daily commands (see `invoke --list`). Each is a few lines; the work is done in `automation/`."""

from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from automation.cli import (
    Changing,
    ChangingNamed,
    Later,
    Named,
    OneAccount,
    Options,
    Selection,
    command,
    interactive,
    refuse_stack_option,
    whole,
)
from shared.errors import UsageError
from shared.layers import SANDBOX, discover

if TYPE_CHECKING:
    from automation import add_account as accounts
    from automation import doctor as diagnosis
    from automation import importing as imports
    from automation import operations
    from automation.audit import command as auditing
    from automation.inventory import stacks as undeclared
    from automation.lifecycle import change_email as email
    from automation.lifecycle import close, handover, rename
    from automation.reporting import graphs
    from automation.reporting import outputs as reading
    from sandbox import environment, lifecycle
else:  # so that `invoke --list` is fast, and production needs no sandbox
    accounts, diagnosis = Later("automation.add_account"), Later("automation.doctor")
    auditing = Later("automation.audit.command")
    imports, operations = Later("automation.importing"), Later("automation.operations")
    close, handover = Later("automation.lifecycle.close"), Later("automation.lifecycle.handover")
    email, rename = Later("automation.lifecycle.change_email"), Later("automation.lifecycle.rename")
    undeclared = Later("automation.inventory.stacks")
    graphs, reading = Later("automation.reporting.graphs"), Later("automation.reporting.outputs")
    environment, lifecycle = Later("sandbox.environment"), Later("sandbox.lifecycle")

refuse_stack_option()


@command(Changing)
def deploy_all(options: Changing, force: bool = False, yes: bool = False, diff: bool = False) -> int:
    """Deploy every stack, each as soon as the stacks it reads are done.

    Outside the sandbox a preview is shown and agreed to first. A stack that fails stops only those that read it.
    Ctrl-C lets the running stacks finish what they are at; run the same again to go on.
    """
    return operations.deploy(*options.open(), force=force, yes=yes, interactive=interactive(), diff=diff)


@command(Options)
def preview_all(options: Options, force: bool = False, diff: bool = False) -> int:
    """Show what deploy-all would change; works before anything is deployed."""
    return operations.preview(*options.open(), force=force, diff=diff)


@command(Changing)
def refresh_all(options: Changing) -> int:
    """Record what is in AWS now in the state; AWS is not changed."""
    return operations.refresh(*options.open())


@command(Options)
def drift(options: Options, diff: bool = False) -> int:
    """Compare AWS with the programs and list what differs; exit code 2 if anything does. Changes nothing."""
    return operations.drift(*options.open(), diff=diff)


_DESTROY = {
    "yes": "do not ask; not enough for protected resources",
    "include_protected": "destroy protected resources, such as accounts, too",
    "confirm": "the environment's name, instead of typing it when asked",
}


@command(Changing, **_DESTROY)
def destroy_all(
    options: Changing, yes: bool = False, include_protected: bool = False, confirm: str | None = None
) -> int:
    """Destroy every stack, accounts first and the organization last.

    Refuses while resources are protected, unless --include-protected is given and the environment's name is typed.
    """
    return operations.destroy(
        *options.open(), include_protected=include_protected, confirm=confirm, yes=yes, interactive=interactive()
    )


_NAME = {"name": "a layer, such as org, or one account, such as accounts/developer"}


@command(ChangingNamed, **_NAME)
def up(options: ChangingNamed, force: bool = False, yes: bool = False, diff: bool = False) -> int:
    """Deploy one layer or one account."""
    return operations.deploy(*options.open(), force=force, yes=yes, interactive=interactive(), diff=diff)


@command(Named, **_NAME)
def preview(options: Named, force: bool = False, diff: bool = False) -> int:
    """Show what `up` of one layer or one account would change."""
    return operations.preview(*options.open(), force=force, diff=diff)


@command(ChangingNamed, **_NAME, **_DESTROY)
def destroy(
    options: ChangingNamed, yes: bool = False, include_protected: bool = False, confirm: str | None = None
) -> int:
    """Destroy one layer or one account; refuses while another stack still reads it."""
    return operations.destroy(
        *options.open(), include_protected=include_protected, confirm=confirm, yes=yes, interactive=interactive()
    )


@command(
    name="print this output of one stack, bare, for scripts: --only org --name rootId",
    json="one JSON object, outputs by stack",
    show_secrets="secrets as they are, not as [secret]",
)
def outputs(
    _context: Context,
    env: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    name: str | None = None,
    json: bool = False,
    show_secrets: bool = False,
) -> None:
    """Show what the stacks export."""
    run, chosen = Options(env, only, layer).open()
    undeclared.mention(run, chosen)
    found = reading.read(run.engine, chosen, parallel=run.parallel, show_secrets=show_secrets)
    if name:
        print(reading.one(found, chosen, name))
    elif json:
        print(reading.as_json(found))
    else:
        reading.show(run.console, chosen, found)


@command()
def access(_context: Context, env: str = SANDBOX) -> None:
    """Show how to get into each account: its roles, and the console's link that switches to it."""
    run, chosen = Options(env, layer=["accounts"]).open()
    undeclared.mention(run, chosen)
    reading.show_access(run.console, reading.read(run.engine, chosen, parallel=run.parallel))


@command(
    Selection,
    json="as a JSON list, for scripts: the stacks to deploy one by one, for example",
    mermaid="as a Mermaid diagram, for Markdown",
    svg="as a drawing: invoke graph --svg > stacks.svg",
)
def graph(selection: Selection, json: bool = False, mermaid: bool = False, svg: bool = False) -> None:
    """Show the stacks and what each reads, upstream first; neither an engine nor AWS is needed."""
    print(graphs.show(lambda: selection.of(discover(selection.env)), json=json, mermaid=mermaid, svg=svg))


@command()
def doctor(_context: Context, env: str = SANDBOX) -> int:
    """Say what a run would use, and what to do about what is missing; exit code 1 if something is."""
    checks = diagnosis.diagnose(env)
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{'ok     ' if check.ok else 'missing'}  {check.name:<{width}}  {check.what}")
        if not check.ok:
            print(f"{'':9}{'':{width}}  → {check.remedy}")
    return 0 if all(check.ok for check in checks) else 1


@command(
    json="as one JSON object, for scripts",
    fix_root_credentials="remove the root credentials of the member accounts first",
)
def audit(
    _context: Context, env: str = SANDBOX, json: bool = False, fix_root_credentials: bool = False, yes: bool = False
) -> int:
    """Check the accounts against AWS's best practices: a line a control, and how to fix what fails.

    Exit code 2 if a control fails, 3 if none fails and one cannot be decided. Changes nothing unless told to.
    """
    return auditing.audit(
        whole(env), json=json, fix_root_credentials=fix_root_credentials, yes=yes, interactive=interactive()
    )


@command(
    name="what the account is called here, such as developer: the stack is accounts/developer",
    email="the root user's address, which no other AWS account has",
    ou="the path of its OU, such as Development",
    tag="KEY=VALUE, may be given more than once; the OU's rules say which are needed",
    display_name="what AWS calls the account; developer becomes DeveloperAccount unless given",
    region="the account's region; the organization's unless given",
)
def add_account(
    _context: Context,
    name: str,
    email: str,
    ou: str,
    tag: list[str] | None = None,
    display_name: str | None = None,
    region: str | None = None,
    env: str = SANDBOX,
) -> None:
    """Write a new account's configuration file; nothing is created before the next deploy."""
    for each in tag or []:
        if "=" not in each:
            raise UsageError(f"--tag is {each!r}; allowed: KEY=VALUE")
    tags = dict(each.split("=", 1) for each in tag or [])
    file = accounts.add_account(env, name, email=email, unit=ou, tags=tags, display_name=display_name, region=region)
    print(f"wrote stacks/accounts/{file.name}; next: invoke up accounts/{name} --env {env}")


_ACCOUNT = {"name": "what the account is called here, such as developer"}
_CONFIRM = {"confirm": "what the account is called here, instead of typing it when asked"}


@command(OneAccount, **_ACCOUNT, new="what it is to be called here")
def rename_account(options: OneAccount, new: str, yes: bool = False) -> int:
    """Give an account another name here: its file and its stack. Nothing changes in AWS.

    A file that was renamed already is left as it is. Run again after a crash, it goes on.
    """
    return rename.rename(options.open(), options.name, new, yes=yes, interactive=interactive())


@command(
    OneAccount,
    **_ACCOUNT,
    address="the new address of the root user, which no other AWS account has",
    code="the one-time code that AWS has sent to the new address, instead of typing it when asked",
)
def change_email(options: OneAccount, address: str, code: str | None = None, yes: bool = False) -> int:
    """Change the address of an account: in AWS, which sends a code to the new one, in its file and in its state.

    Run again after a crash, or with the code, it goes on.
    """
    return email.change_email(
        options.open(), options.name, address=address, code=code, yes=yes, interactive=interactive()
    )


@command(OneAccount, **_ACCOUNT, **_CONFIRM)
def close_account(options: OneAccount, confirm: str | None = None) -> int:
    """Close an account in AWS, and take its file and its stack out. It cannot be undone here.

    When AWS's quota is used up, it is put on a list, and the same command goes on later; so it does after a crash, and
    with an account that was closed by hand.
    """
    return close.close(options.open(), options.name, confirm=confirm, interactive=interactive())


@command(OneAccount, **_ACCOUNT, **_CONFIRM)
def forget_account(options: OneAccount, confirm: str | None = None) -> int:
    """Give an account away: its file and its stack are taken out, and nothing changes in AWS.

    Also for a stack whose file is gone. Run again after a crash, it goes on.
    """
    return handover.forget(options.open(), options.name, confirm=confirm, interactive=interactive())


@command(
    name="an account, such as accounts/developer, or something in a layer, such as org:Workloads/Development, "
    "org:organization, identity:ada, policies:RootTags",
    id="its id in AWS: twelve digits, ou-…, o-…, p-…; of a user or a group its name",
)
def import_(_context: Context, name: str, id: str, env: str = SANDBOX, yes: bool = False, wait: bool = False) -> int:
    """Bring something that exists in AWS under management: an account, an OU, the organization, a user, a policy.

    It is checked and previewed first, and AWS is not changed. What belongs to it comes with it: the OUs above and below
    an OU, the attachments of a policy. Run again after a crash, it goes on.
    """
    label, _, part = name.partition(":")
    return imports.import_existing(
        *ChangingNamed(label, env, wait).open(), part, id, yes=yes, interactive=interactive()
    )


@command()
def start(_context: Context) -> None:
    """Start the emulated AWS and get what the sandbox needs: the engine, the AWS provider."""
    print(f"ready: {lifecycle.start().url}")


@command()
def stop(_context: Context, wait: bool = False) -> None:
    """Stop the emulated AWS; what is in it is kept."""
    if not lifecycle.stop(wait=wait):
        print("sandbox: it was not running")


@command()
def reset(_context: Context, wait: bool = False) -> None:
    """Stop the emulated AWS and empty it, with the state of the sandbox's stacks."""
    lifecycle.reset(wait=wait)


@command()
def status(_context: Context) -> int:
    """Say what the sandbox is doing; exit code 1 if it is not running."""
    now = lifecycle.status()
    if now.emulator is None:
        print("not running: invoke sandbox.start")
        return 1
    print(f"running: {now.emulator.url}, process {now.emulator.pid}, {now.accounts} accounts, {now.requests} requests")
    return 0


@command()
def env(_context: Context) -> None:
    """Print what gives a shell the sandbox: eval "$(invoke sandbox.env)"."""
    print(environment.shell_environment())


namespace = Collection(
    deploy_all,
    preview_all,
    destroy_all,
    refresh_all,
    drift,
    up,
    preview,
    destroy,
    outputs,
    access,
    graph,
    doctor,
    audit,
    add_account,
    rename_account,
    change_email,
    close_account,
    forget_account,
    Collection("sandbox", start, stop, reset, status, env),
    # The name is a word of Python.
    **{"import": import_},
)
