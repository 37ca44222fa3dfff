"""Service-specific credentials of users, and the tags of MFA devices, identity providers and server certificates."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Server, refused
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, document

GIT, BEDROCK = "codecommit.amazonaws.com", "bedrock.amazonaws.com"


def code(call: Any, **kwargs: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    return refused(error)[0]


def test_the_life_of_a_credential(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    made = iam.create_service_specific_credential(UserName="ada", ServiceName=GIT)["ServiceSpecificCredential"]
    assert (made["ServiceUserName"], made["Status"]) == (f"ada-at-{MANAGEMENT}", "Active")
    id_, password = made["ServiceSpecificCredentialId"], made["ServicePassword"]
    (listed,) = iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"]
    assert listed == {key: value for key, value in made.items() if key != "ServicePassword"}
    named = {"UserName": "ada", "ServiceSpecificCredentialId": id_}
    iam.update_service_specific_credential(**named, Status="Inactive")
    reset = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert reset["Status"] == "Inactive"
    assert reset["ServicePassword"] != password
    iam.update_user(UserName="ada", NewUserName="eva")
    (listed,) = iam.list_service_specific_credentials(UserName="eva", ServiceName=GIT)["ServiceSpecificCredentials"]
    assert listed["UserName"] == "eva"
    assert (
        iam.list_service_specific_credentials(UserName="eva", ServiceName=BEDROCK)["ServiceSpecificCredentials"] == []
    )
    assert len(iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]) == 1
    assert code(iam.delete_user, UserName="eva") == "DeleteConflict"
    iam.delete_service_specific_credential(UserName="eva", ServiceSpecificCredentialId=id_)
    assert (
        code(iam.delete_service_specific_credential, UserName="eva", ServiceSpecificCredentialId=id_) == "NoSuchEntity"
    )
    iam.delete_user(UserName="eva")


def test_what_a_credential_can_be_for(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    create = iam.create_service_specific_credential
    assert code(create, UserName="nobody", ServiceName=GIT) == "NoSuchEntity"
    assert code(create, UserName="ada", ServiceName="s3.amazonaws.com") == "NotSupportedService"
    names = [create(UserName="ada", ServiceName=GIT)["ServiceSpecificCredential"]["ServiceUserName"] for _ in range(2)]
    assert names == [f"ada-at-{MANAGEMENT}", f"ada+1-at-{MANAGEMENT}"]
    assert code(create, UserName="ada", ServiceName=GIT) == "LimitExceeded"
    made = create(UserName="ada", ServiceName=BEDROCK, CredentialAgeDays=30)["ServiceSpecificCredential"]
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    assert made["ServiceCredentialAlias"]
    assert made["ServiceCredentialSecret"]


def test_a_permission_can_be_for_one_service(people: People) -> None:
    people.user("other")
    only = document(
        {
            "Effect": "Allow",
            "Action": "iam:*ServiceSpecificCredential",
            "Resource": f"arn:aws:iam::{MANAGEMENT}:user/ada",
            "Condition": {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": GIT}},
        }
    )
    iam = people.aws.client("iam", people.user("ada", only))
    made = iam.create_service_specific_credential(UserName="ada", ServiceName=GIT)["ServiceSpecificCredential"]
    id_ = made["ServiceSpecificCredentialId"]
    iam.reset_service_specific_credential(ServiceSpecificCredentialId=id_)
    assert code(iam.create_service_specific_credential, UserName="ada", ServiceName=BEDROCK) == "AccessDenied"
    assert code(iam.create_service_specific_credential, UserName="other", ServiceName=GIT) == "AccessDenied"
    bedrock = people.iam.create_service_specific_credential(UserName="ada", ServiceName=BEDROCK)
    other = bedrock["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    assert code(iam.reset_service_specific_credential, ServiceSpecificCredentialId=other) == "AccessDenied"
    iam.delete_service_specific_credential(ServiceSpecificCredentialId=id_)


# Tags

TEAM = [{"Key": "Team", "Value": "shop"}]
METADATA = "<EntityDescriptor>" + "x" * 1000 + "</EntityDescriptor>"


def tagged(iam: Any, kind: str) -> dict[str, str]:
    """What is made with a tag: by what the calls about its tags name it."""
    if kind == "mfa_device":
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada", Path="/team/", Tags=TEAM)
        return {"SerialNumber": device["VirtualMFADevice"]["SerialNumber"]}
    if kind == "saml_provider":
        made = iam.create_saml_provider(Name="sso", SAMLMetadataDocument=METADATA, Tags=TEAM)
        return {"SAMLProviderArn": made["SAMLProviderArn"]}
    iam.upload_server_certificate(ServerCertificateName="web", CertificateBody="x", PrivateKey="x", Tags=TEAM)
    return {"ServerCertificateName": "web"}


def remove(iam: Any, kind: str, named: dict[str, str]) -> None:
    getattr(iam, "delete_virtual_mfa_device" if kind == "mfa_device" else f"delete_{kind}")(**named)


@pytest.mark.parametrize("kind", ["mfa_device", "saml_provider", "server_certificate"])
def test_tags_are_set_listed_and_taken_away(people: People, kind: str) -> None:
    iam = people.iam
    named = tagged(iam, kind)

    def tags() -> dict[str, str]:
        found = getattr(iam, f"list_{kind}_tags")(**named)["Tags"]
        return {each["Key"]: each["Value"] for each in found}

    assert tags() == {"Team": "shop"}
    getattr(iam, f"tag_{kind}")(**named, Tags=[{"Key": "Owner", "Value": "ada"}, {"Key": "Team", "Value": "web"}])
    assert tags() == {"Team": "web", "Owner": "ada"}
    getattr(iam, f"untag_{kind}")(**named, TagKeys=["Owner"])
    assert tags() == {"Team": "web"}
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert code(getattr(iam, f"tag_{kind}"), **named, Tags=many) == "LimitExceeded"
    # A permission can be by the tags.
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    by_team = {**statement, "Condition": {"StringEquals": {"aws:ResourceTag/Team": "web"}}}
    own = people.aws.client("iam", people.user("web", document(by_team)))
    getattr(own, f"list_{kind}_tags")(**named)
    getattr(iam, f"tag_{kind}")(**named, Tags=TEAM)
    assert code(getattr(own, f"list_{kind}_tags"), **named) == "AccessDenied"
    # They go with what has them.
    remove(iam, kind, named)
    assert code(getattr(iam, f"list_{kind}_tags"), **named) == "NoSuchEntity"
    again = tagged(iam, kind)
    assert again == named
    assert tags() == {"Team": "shop"}


def test_the_tags_of_an_instance_profile(people: People) -> None:
    people.iam.create_instance_profile(InstanceProfileName="web", Tags=TEAM)
    assert people.iam.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == TEAM
    reader = people.aws.client("iam", people.user("reader", allow("iam:ListInstanceProfileTags")))
    assert reader.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == TEAM
