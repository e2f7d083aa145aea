"""The queries of the quarantine. Of each row the newest version counts."""

# What is the same in all versions of a row is asked first, so that less has to be put in order.
_PRESENT = """
(
    SELECT id, version, state, received_at, source, sender, form, field, reason, fault, group_id, size, cut, number,
           state_by
    FROM quarantine
    WHERE keep_until > toDateTime({now:UInt32}, 'UTC')
      AND id > {after:String}
      AND (empty({ids:Array(String)}) OR id IN {ids:Array(String)})
      AND ({source:String} = '' OR source = {source:String})
      AND ({q:String} = '' OR position(data, {q:String}) > 0)
    ORDER BY id, version DESC
    LIMIT 1 BY id
)
WHERE ({group:String} = '' OR group_id = {group:String})
  AND ({sender:String} = '' OR sender = {sender:String})
  AND ({fault:String} = '' OR positionCaseInsensitiveUTF8(concat(field, ': ', reason), {fault:String}) > 0)
  AND toUnixTimestamp64Micro(received_at) >= {since:Int64}
"""
_ASKED = "AND state != 'counted' AND ({state:String} = '' OR state = {state:String})"

GROUPS = f"""
SELECT group_id, source, fault,
       countIf(state != 'counted' AND ({{state:String}} = '' OR state = {{state:String}})) AS found,
       sumIf(number, state = 'counted'),
       toUnixTimestamp64Micro(min(received_at)), toUnixTimestamp64Micro(max(received_at)) AS last_at,
       argMaxIf(id, received_at, state != 'counted'), argMax(reason, received_at), argMax(sender, received_at)
FROM {_PRESENT}
GROUP BY group_id, source, fault
HAVING found > 0
ORDER BY last_at DESC, group_id
LIMIT {{limit:UInt32}}
"""

PAGE = f"""
SELECT id, state, toUnixTimestamp64Micro(received_at), source, sender, form, field, reason, fault, group_id, size, cut,
       state_by
FROM {_PRESENT} {_ASKED}
  AND (toUnixTimestamp64Micro(received_at), id) < ({{before_at:Int64}}, {{before_id:String}})
ORDER BY received_at DESC, id DESC
LIMIT {{limit:UInt32}}
"""

CHOSEN = f"SELECT id, size FROM {_PRESENT} {_ASKED} ORDER BY id LIMIT {{limit:UInt32}}"
COUNT = f"SELECT count() FROM {_PRESENT} {_ASKED}"

CONTENTS = """
SELECT id, form, context, field, reason, base64Encode(data), cut FROM quarantine
WHERE id IN {ids:Array(String)} ORDER BY id, version DESC LIMIT 1 BY id
"""

MOVED = """
INSERT INTO quarantine
    (id, version, state, received_at, source, sender, form, context, field, reason, fault, data, size, cut, number,
     state_by, keep_until)
SELECT id, greatest(version + 1, {now:UInt64}), {state:String}, received_at, source, sender, form, context,
       transform(id, {said:Array(String)}, {fields:Array(String)}, field),
       transform(id, {said:Array(String)}, {reasons:Array(String)}, reason),
       transform(id, {said:Array(String)}, {faults:Array(String)}, fault),
       data, size, cut, number, {by:String}, keep_until
FROM (SELECT * FROM quarantine WHERE id IN {ids:Array(String)} ORDER BY id, version DESC LIMIT 1 BY id)
WHERE state = 'waiting'
"""

# The bytes are searched as they are: what an encoding spells otherwise is not found.
TELLS_OF = """
position(data, {correlation_id:String}) > 0
AND multiSearchAny(data, {names:Array(String)})
"""
