"""Whether a matcher is sure to take every event that another takes; where conditions differ, nobody can tell."""

from rules.spec import Match, Matcher


def covers(matcher: Matcher, other: Match) -> bool:
    return other in matcher.alternatives or Match(other.name) in matcher.alternatives
