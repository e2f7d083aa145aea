"""What a server remembers of who asks: tokens and sessions that it has just verified, who failed to sign in."""

import hmac
import secrets

from starlette.concurrency import run_in_threadpool

from api.access import people, sessions, tokens
from api.access.failures import Failures
from api.access.oidc.provider import Provider
from api.access.people import Person
from api.access.policy import Policy
from api.access.recent import Recent
from api.access.sessions import SEEN_EVERY, Session
from api.access.tokens import Token
from reconcile.actor import Actor
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE

INVITED = 10 * MINUTE
WITHOUT_DATABASE = HOUR
"""For how long a token is believed that can't be looked up: senders must get rid of their events."""


class Keeper:
    """Safe to share among threads. Instants in µs UTC; a database that is away shows as `StoreUnavailable`.

    A token that is revoked, or a session that ended on another server, is believed for `recent.BELIEVED` more at most.
    What runs out by itself does so at once. While the database is away, `WITHOUT_DATABASE` takes the place of that.
    """

    def __init__(self, database: Database, policy: Policy, provider: Provider | None = None) -> None:
        self.policy = policy
        self.provider = provider
        self.failures = Failures()
        self._database = database
        self._tokens: Recent[Token] = Recent()
        self._verified: Recent[Token] = Recent(WITHOUT_DATABASE)
        self._sessions: Recent[Session] = Recent()
        self._invitation: tuple[str, str, int] | None = None

    async def token(self, text: str, now: int) -> Token | None:
        """Whose token this is, if it is valid."""
        token = self._tokens.get(text, now)
        if token is None:
            token = await run_in_threadpool(self._token, text, now)
        return token if token is not None and token.valid(now) else None

    def known_by(self, authorization: str, now: int) -> str:
        """Whose token this header shows, if it was valid a moment ago; '' else. Nobody is asked."""
        token = self._tokens.get(authorization.partition(" ")[2].strip(), now)
        return "" if token is None else f"token {token.name}"

    async def session(self, secret: str, now: int) -> Session | None:
        """The session that a cookie is of, if it goes on."""
        session = self._sessions.get(secret, now)
        if session is None:
            session = await run_in_threadpool(self._session, secret, now)
        return session if session is not None and session.valid(now) else None

    def sign_in(self, token: Token, now: int) -> str:
        """A session; what its cookie is to hold."""
        with self._database.begin() as connection:
            return sessions.begin(connection, token, now)

    def admit(self, person: Person, now: int) -> str:
        """A session of somebody whom the provider signed in; what its cookie is to hold. Raises `SignInRefused`."""
        with self._database.begin() as connection:
            people.know(connection, person, now)
            return sessions.begin_of(connection, person, now)

    def sign_out(self, secret: str, actor: Actor, now: int) -> None:
        with self._database.begin() as connection:
            sessions.end(connection, secret, actor, now)
        self._sessions.forget(secret)

    def invite(self, token: str, now: int) -> str:
        """A code that signs in once in the place of this token, within `INVITED`. An earlier one is void."""
        code = secrets.token_urlsafe(32)
        self._invitation = (code, token, now + INVITED)
        return code

    def accept(self, code: str, now: int) -> str | None:
        """The token that the code stands for; it does so only once."""
        invitation = self._invitation
        if invitation is None or not hmac.compare_digest(invitation[0].encode(), code.encode()):
            return None
        self._invitation = None
        return invitation[1] if now < invitation[2] else None

    def _token(self, text: str, now: int) -> Token | None:
        try:
            with self._database.read() as connection:
                token = tokens.verify(connection, text, now)
        except StoreUnavailable:
            token = self._verified.get(text, now)
            if token is None:
                raise
        else:
            self._remember(text, token, now)
        if token is not None:
            self._tokens.put(text, token, now)
        return token

    def _remember(self, text: str, token: Token | None, now: int) -> None:
        if token is None:
            self._verified.forget(text)
        else:
            self._verified.put(text, token, now)

    def _session(self, secret: str, now: int) -> Session | None:
        with self._database.read() as connection:
            session = sessions.verify(connection, secret, now)
        if session is None:
            return None
        if now - session.seen_at >= SEEN_EVERY:
            with self._database.begin() as connection:
                sessions.see(connection, secret, now)
        self._sessions.put(secret, session, now)
        return session
