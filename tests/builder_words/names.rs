//! The names that scripts can see.

use super::common::untyped;
use super::run;
use redgrease_embedded::Server;

#[test]
fn dir_lists_the_names_of_redisgears() {
    let server = Server::start().unwrap();
    let script = "
def public(value): return ' '.join(name for name in dir(value) if not name.endswith('__'))
def ask(r):
    session = getGearsSession()
    builder = GB('KeysOnlyReader')
    return ['|'.join([public(redisgears), public(builder), public(builder.gearsCtx), public(session), session.id,
            str(hasattr(builder, '__localAggregateby__'))])]
GB('CommandReader').map(ask).register(trigger='ask', convertToStr=False)
";
    untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    let said = untyped(&server, &["RG.TRIGGER", "ask"]);
    let parts: Vec<&str> = said.trim_end().split('|').collect();
    assert_eq!(
        parts,
        [
            "GearsError GearsFlatError GearsForceStopped PyAtomic PyExecutionSession PyFlatExecution PyFuture \
             _saveGlobals atomicCtx callNext config_get executeCommand flatError gearsCtx gearsFutureCtx getCommand \
             getGearsSession getMyHashTag isAsyncAllow isInAtomicBlock log overrideReply registerGearsThread \
             registerTimeEvent setGearsSession",
            "accumulate aggregate aggregateby avg batchgroupby collect count countby defaultArg distinct filter \
             flatmap foreach gearsCtx groupby limit localgroupby map reader realReader register repartition run sort",
            "accumulate batchgroupby collect filter flatmap foreach groupby limit localgroupby map register \
             repartition run",
            "",
            "app",
            "True",
        ]
    );
    let local = "
def add(k, a, r): return a + 1
GB('PythonReader').__localAggregateby__(lambda r: r, 0, add).map(lambda r: (r['key'], r['value'])).run(lambda: (yield from 'aba'))
";
    let said = run(&server, local);
    assert!(
        said.contains("('a', 2)") && said.contains("('b', 1)"),
        "{said}"
    );
}

#[test]
fn redisai_has_its_names_and_says_that_it_is_not_loaded() {
    let server = Server::start().unwrap();
    let script = "
import redisAI
from redisAI import createTensorFromValues, PyTensor
names = '''PyDAGRunner PyGraphRunner PyTensor PyTorchScriptRunner createDAGRunner createModelRunner createScriptRunner
createTensorFromBlob createTensorFromValues getTensorFromKey mgetTensorsFromKeyspace modelRunnerAddInput
modelRunnerAddOutput modelRunnerRun modelRunnerRunAsync msetTensorsInKeyspace scriptRunnerAddInput
scriptRunnerAddInputList scriptRunnerAddOutput scriptRunnerRun scriptRunnerRunAsync setTensorInKey
tensorGetDataAsBlob tensorGetDims tensorToFlatList'''.split()
assert sorted(n for n in dir(redisAI) if not n.startswith('_')) == sorted(names), dir(redisAI)
for name in names:
    member = getattr(redisAI, name)
    assert isinstance(member, type) == name.startswith('Py'), name
    for args in ((), ('FLOAT', [2], [1, 2])):
        try:
            member(*args)
        except redisgears.GearsError as e:
            assert 'redisAI.%s: RedisAI is not loaded' % name in str(e), e
        else:
            raise AssertionError(name)
assert not isinstance(5, PyTensor)
assert not hasattr(redisAI, 'noSuchName')
# A function of RedisAI in a registration.
GB('CommandReader').map(lambda r: createTensorFromValues('FLOAT', [1], [1])).register(trigger='ai')
GB('CommandReader').map(lambda r: redisAI.createModelRunner('m')).register(trigger='model')
";
    assert_eq!(run(&server, script), "OK");
    for trigger in ["ai", "model"] {
        let said = untyped(&server, &["RG.TRIGGER", trigger]);
        assert!(said.contains("RedisAI is not loaded"), "{said}");
    }
}
