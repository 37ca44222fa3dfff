"""The daily commands (see `invoke --list`). Each is a few lines; the work is done in `automation/`."""

from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

import automation.startup  # noqa: F401 - first, for what is loaded after it
from automation.cli import (
    Changing,
    ChangingNamed,
    Deploying,
    Later,
    Named,
    OneAccount,
    Options,
    Selection,
    command,
    console,
    interactive,
    whole,
)
from automation.selection.choose import NothingChosen
from automation.words import check_words, refuse_stack_option
from shared.errors import UsageError
from shared.layers import ROOT, SANDBOX, discover

if TYPE_CHECKING:
    from automation import add_account as adding
    from automation import completion as completing
    from automation import doctor as diagnosis
    from automation import importing as imports
    from automation import operations, validation
    from automation.access import command as accesses
    from automation.adoption import command as adoption
    from automation.approval import plans
    from automation.audit import command as auditing
    from automation.inventory import stacks as undeclared
    from automation.lifecycle import change_email as email
    from automation.lifecycle import close, handover, rename
    from automation.new_environment import command as beginning
    from automation.page import command as pages
    from automation.pull_request import command as commenting
    from automation.reporting import accounts as listing
    from automation.reporting import graphs
    from automation.reporting import outputs as reading
    from automation.schemas import explain as explaining
    from automation.vending import command as vending
    from automation.workflows import command as generating
    from automation.workflows import source as sources
    from sandbox import environment, lifecycle
else:  # so that `invoke --list` is fast, and production needs no sandbox
    accesses, plans = Later("automation.access.command"), Later("automation.approval.plans")
    adoption, commenting = Later("automation.adoption.command"), Later("automation.pull_request.command")
    adding, diagnosis = Later("automation.add_account"), Later("automation.doctor")
    auditing = Later("automation.audit.command")
    beginning = Later("automation.new_environment.command")
    imports, operations = Later("automation.importing"), Later("automation.operations")
    close, handover = Later("automation.lifecycle.close"), Later("automation.lifecycle.handover")
    email, rename = Later("automation.lifecycle.change_email"), Later("automation.lifecycle.rename")
    pages, undeclared = Later("automation.page.command"), Later("automation.inventory.stacks")
    completing = Later("automation.completion")
    validation, explaining = Later("automation.validation"), Later("automation.schemas.explain")
    listing, graphs = Later("automation.reporting.accounts"), Later("automation.reporting.graphs")
    reading, generating = Later("automation.reporting.outputs"), Later("automation.workflows.command")
    sources = Later("automation.workflows.source")
    vending = Later("automation.vending.command")
    environment, lifecycle = Later("sandbox.environment"), Later("sandbox.lifecycle")

refuse_stack_option()


@command(
    Deploying,
    import_existing="after a state was lost: import what AWS refuses to make because it is there, where its name says "
    "which it is; then it is made what the program says",
)
def deploy_all(
    options: Deploying, force: bool = False, yes: bool = False, diff: bool = False, import_existing: bool = False
) -> int:
    """Deploy every stack, each as soon as the stacks it reads are done.

    Outside the sandbox a preview is shown and agreed to first, unless there is an approved plan. A stack that fails
    stops only those that read it. Ctrl-C lets the running stacks finish what they are at; run the same again to go on.
    """
    plan = options.approved() if options.plan else None
    run, chosen = options.open()
    return operations.deploy(
        run,
        chosen,
        force=force,
        yes=yes,
        interactive=interactive(),
        diff=diff,
        plan=plan,
        import_existing=import_existing,
    )


@command(Options, plan="write what is previewed to this file, such as plan.json, for deploy-all --plan")
def preview_all(options: Options, force: bool = False, diff: bool = False, plan: str | None = None) -> int:
    """Show what deploy-all would change; works before anything is deployed."""
    file = plans.plan_file(plan) if plan else None
    try:
        run, chosen = options.open()
    except NothingChosen:
        if file:
            plans.write_empty(file, options.env, ROOT)
        raise
    return operations.preview(run, chosen, force=force, diff=diff, file=file)


@command(
    plan="the plan that preview-all --plan wrote",
    comment="the file to write the Markdown to, such as comment.md",
    host="whose limit the Markdown keeps: github or gitlab",
)
def pull_request(
    _context: Context, env: str = SANDBOX, plan: str = "plan.json", comment: str = "comment.md", host: str = "github"
) -> int:
    """Write the comment of a pull request: validation, what the plan changes, who may do what afterwards, its digest.

    Exit code 1 if the plan cannot be deployed as it is. Changes nothing.
    """
    return commenting.comment(env, plan, comment, host, lambda: whole(env))


@command(Changing)
def refresh_all(options: Changing) -> int:
    """Record what is in AWS now in the state; AWS is not changed."""
    return operations.refresh(*options.open())


@command(Options)
def drift(options: Options, diff: bool = False) -> int:
    """Compare AWS with the programs and list what differs; exit code 2 if anything does. Changes nothing."""
    return operations.drift(*options.open(), diff=diff)


@command(
    env="the environment, prod unless given; may be given more than once: the names of the first are plain",
    deployments="instead of the workflows: write the settings of Pulumi Deployments into this folder",
    operator="instead of the workflows: write the resources of the Pulumi Kubernetes Operator into this folder",
    repository="where those find the programs: OWNER/NAME of GitHub; a URL for the operator",
    organization="the organization in Pulumi Cloud",
    backend="the URL of the states, for the operator; Pulumi Cloud if there is an --organization",
    namespace="the namespace of the operator's resources",
    commit="deploy this commit, by the operator; without it, what main has",
)
def workflows(
    _context: Context,
    env: list[str] | None = None,
    deployments: str | None = None,
    operator: str | None = None,
    repository: str | None = None,
    organization: str | None = None,
    backend: str | None = None,
    namespace: str = "pulumi",
    commit: str | None = None,
) -> None:
    """Write the workflows of pull requests, for GitHub Actions and GitLab CI, from the graph of the layers.

    The same graph for Pulumi Deployments and for the Pulumi Kubernetes Operator: --deployments, --operator.
    """
    source = sources.Source(repository, organization, backend, namespace, commit)
    if deployments:
        generating.write_deployments(deployments, env or (), source)
    if operator:
        generating.write_operator(operator, env or (), source)
    if not (deployments or operator):
        generating.write(env or ())


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


@command(
    who="who can assume which role, with MFA or not",
    can="whether this principal may do --action: a role, a user, root, automation, or an ARN",
    action="what it is to do, such as s3:PutBucketPolicy",
    resource="the ARN of what it acts on; some resource of its account unless given",
    account="the account of the principal, such as developer",
    context="KEY=VALUE, a condition key of the request; may be given more than once",
    diff="each decision that the files here flip, compared with what is deployed; exit code 2 if any does",
    against="with --diff: compare with this git revision instead",
    html="write a page for the browser to this file, such as access.html; with --diff it has the changes",
    json="as JSON, for scripts",
)
def access(
    _context: Context,
    env: str = SANDBOX,
    who: bool = False,
    can: str | None = None,
    action: str | None = None,
    resource: str | None = None,
    account: str | None = None,
    context: list[str] | None = None,
    diff: bool = False,
    against: str | None = None,
    html: str | None = None,
    json: bool = False,
) -> int:
    """Show how to get into each account; or who may do what, and what a change flips. Changes nothing.

    Exit code 2 of --can: denied; of --diff: something flips.
    """
    if html:
        return pages.page(whole(env), html, diff=diff, against=against)
    if who:
        return accesses.who(whole(env), json=json)
    if can:
        return accesses.can(
            whole(env), can, action=action, resource=resource, account=account, context=context or (), json=json
        )
    if diff or against:
        return accesses.diff(whole(env), against=against, json=json)
    run, chosen = Options(env, layer=["accounts"]).open()
    undeclared.mention(run, chosen)
    reading.show_access(run.console, reading.read(run.engine, chosen, parallel=run.parallel))
    return 0


@command(json="as a JSON list, for scripts, with all values and where each is from")
def accounts(_context: Context, env: str = SANDBOX, only: list[str] | None = None, json: bool = False) -> None:
    """List the accounts with their OUs and profiles; with --only, what each gets, and which file says so.

    It reads files; neither an engine nor AWS is needed.
    """
    found = listing.read_accounts(Selection(env, only, ["accounts"]).of(discover(env)))
    if json:
        print(listing.as_json(found))
    else:
        listing.show(console(), found, values=bool(only))


@command(
    Selection,
    json="as a JSON list, for scripts: the stacks to deploy one by one, for example",
    mermaid="as a Mermaid diagram, for Markdown",
    svg="as a drawing: invoke graph --svg > stacks.svg",
    reading="the outputs that each layer reads of another, and the order of deployment and of destruction",
)
def graph(
    selection: Selection, json: bool = False, mermaid: bool = False, svg: bool = False, reading: bool = False
) -> None:
    """Show the stacks and what each reads, upstream first; neither an engine nor AWS is needed."""
    text = graphs.show(
        lambda: selection.of(discover(selection.env)), json=json, mermaid=mermaid, svg=svg, reading=reading
    )
    if json or mermaid or svg:
        print(text)
    else:
        console().print(text, markup=False)


@command()
def doctor(_context: Context, env: str = SANDBOX) -> int:
    """Say what a run would use, and what to do about what is missing; exit code 1 if something is."""
    checks = diagnosis.diagnose(env)
    diagnosis.show(console(), checks)
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
    email="the root user's address, which no other AWS account has; by org:accountEmail unless given",
    ou="the path of its OU, such as Development",
    tag="KEY=VALUE, may be given more than once; the OU's rules say which are needed",
    display_name="what AWS calls the account; developer becomes DeveloperAccount unless given",
    region="the account's region; the organization's unless given",
)
def add_account(
    _context: Context,
    name: str,
    ou: str,
    email: str | None = None,
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
    file = adding.add_account(env, name, unit=ou, email=email, tags=tags, display_name=display_name, region=region)
    print(f"wrote stacks/accounts/{file.name}; next: invoke up accounts/{name} --env {env}")


@command(
    issue="a file with the text of an issue that the form has made, such as issue.md",
    comment="the file to write the answer to, as Markdown, such as comment.md",
)
def account_request(_context: Context, env: str = SANDBOX, issue: str = "issue.md", comment: str = "comment.md") -> int:
    """Write the configuration file of the account that an issue asks for, and the comment that answers it.

    Exit code 1 if anything in it is wrong; then only the comment is written, and says what.
    """
    return vending.answer(env, issue, comment)


@command(
    name="what the environment is called, such as staging: the files are stacks/*/Pulumi.staging.yaml",
    management_account="the id of its management account, which no other environment has",
    region="the region of its stacks",
    organization="create, unless given, or lookup: use the organization that is there, and leave it as it is",
    ou="the path of an OU, Development unless given; may be given more than once",
    user="a developer, an IAM user to make; may be given more than once, and without it people come from elsewhere",
    oidc_subject="whose tokens automation signs in with; may be given more than once, and without it it is an IAM user",
    oidc_issuer="who issues these tokens, GitHub Actions unless given",
    copy_region="the region for the copies of monthly backups; no backup policy without it",
    secrets_provider="Pulumi's secrets provider, such as awskms://alias/pulumi?region=eu-central-1",
    account="NAME=ADDRESS or NAME=ADDRESS,OU of an account to make; may be given more than once",
)
def new_environment(
    _context: Context,
    name: str,
    management_account: str | None = None,
    region: str | None = None,
    organization: str | None = None,
    ou: list[str] | None = None,
    user: list[str] | None = None,
    oidc_subject: list[str] | None = None,
    oidc_issuer: str | None = None,
    copy_region: str | None = None,
    secrets_provider: str | None = None,
    account: list[str] | None = None,
) -> None:
    """Write the files of a new environment; nothing is created before the next deploy.

    Without --management-account or --region it asks for everything in a terminal. An organization that exists and is to
    be managed: invoke adopt.
    """
    given = {
        "management_account": management_account,
        "region": region,
        "organization": organization,
        "ou": ou,
        "user": user,
        "oidc_subject": oidc_subject,
        "oidc_issuer": oidc_issuer,
        "copy_region": copy_region,
        "secrets_provider": secrets_provider,
        "account": account,
    }
    beginning.new_environment(name, given, interactive=interactive())


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


@command(env="the environment; all that there are unless given", json="for scripts: file, line, column, message")
def validate(_context: Context, env: str | None = None, json: bool = False) -> int:
    """Check all configuration files, without an engine and without AWS; exit code 1 if anything is wrong."""
    return validation.validate(env, as_json=json)


@command(for_shell="bash, zsh or fish")
def completion(_context: Context, for_shell: str) -> None:
    """Print what completes commands, options, environments and stacks: source <(invoke completion bash)."""
    print(completing.script(for_shell), end="")


@command(key="such as accounts:budget.monthlyAmount; a layer, such as org, for all of its keys")
def explain(_context: Context, key: str) -> None:
    """Say what a key of the configuration means: its type, its default, what is allowed, in which files it may be."""
    console().print(explaining.explain(key), markup=False)


@command(
    account="only this account, by its id or name, with the OUs that it is in",
    ou="only this OU, by its path or id, with those above it and all that is in it",
    region="the region of the stacks; that of the credentials unless given",
    profile="the AWS profile that this command and the stacks use; the variables of the shell unless given",
    secrets_provider="Pulumi's secrets provider of the stacks, such as awskms://alias/pulumi?region=eu-central-1",
)
def adopt(
    _context: Context,
    env: str,
    account: str | None = None,
    ou: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    secrets_provider: str | None = None,
    yes: bool = False,
    wait: bool = False,
) -> int:
    """Bring an organization that exists under management: writes an environment's files, and imports all of it.

    It says first what it would do. AWS is only read. Run again after a crash, it goes on.
    """
    return adoption.adopt(
        env,
        console(),
        account=account,
        unit=ou,
        region=region,
        profile=profile,
        secrets_provider=secrets_provider,
        yes=yes,
        interactive=interactive(),
        wait=wait,
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
    pull_request,
    destroy_all,
    refresh_all,
    drift,
    up,
    preview,
    destroy,
    outputs,
    access,
    accounts,
    graph,
    doctor,
    audit,
    adopt,
    workflows,
    new_environment,
    validate,
    explain,
    completion,
    add_account,
    account_request,
    rename_account,
    change_email,
    close_account,
    forget_account,
    Collection("sandbox", start, stop, reset, status, env),
    # The name is a word of Python.
    **{"import": import_},
)
check_words(namespace)
