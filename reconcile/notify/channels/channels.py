"""Every way to tell somebody: what the request of each looks like. CONTRIBUTING.md says how to add one."""

from collections.abc import Callable, Mapping

from reconcile.notify.channels import slack, webhook
from store.settings_notify import SLACK, WEBHOOK, Endpoint

Channel = Callable[[Endpoint, str, str, int], tuple[dict[str, str], bytes]]
"""Of an endpoint, the message's id, its payload and the instant: headers and body. It may raise `ValueError`."""

CHANNELS: Mapping[str, Channel] = {WEBHOOK: webhook.request, SLACK: slack.request}
