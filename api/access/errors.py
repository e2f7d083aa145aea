"""What goes wrong with who asks."""

from api.problem import ApiError

REALM = 'Bearer realm="noshow"'


class NotSignedIn(ApiError):
    """No token, or one that is not valid."""

    def __init__(self, detail: str, challenge: str = REALM) -> None:
        super().__init__(401, detail, headers={"WWW-Authenticate": challenge})


class InvalidToken(NotSignedIn):
    """A token was shown, and it is nobody's, or not any more."""

    def __init__(self, detail: str = "The token is not valid.") -> None:
        super().__init__(detail, f'{REALM}, error="invalid_token"')


class NotPermitted(ApiError):
    """The caller is known, and may not do this."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, detail)


class TokenError(Exception):
    """A token can't be made or ended as asked. Messages are meant for people."""


class BadGrant(TokenError):
    """A token of this name, team or life can't be."""


class NameTaken(TokenError):
    """There is a valid token of this name."""


class NoSuchToken(TokenError):
    """There is no token of this name or id, or none that is valid."""


class TwoValid(TokenError):
    """Two tokens of this name are valid, and no more may be."""


class SignInRefused(Exception):
    """Nobody is signed in by the provider. Messages are meant for whoever tries; the log has what is not."""


class ProviderAway(SignInRefused):
    """The provider does not answer, or not as one does. It may do so later."""


class NoSuchPerson(TokenError):
    """Nobody of this name has signed in."""
