-- noun: what people call an instance of a workflow, as far as a finding ever said so.
SELECT noun FROM findings WHERE workflow = {workflow:String} LIMIT 1
