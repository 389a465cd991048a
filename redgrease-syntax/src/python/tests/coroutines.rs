use super::*;

#[test]
fn a_body_that_awaits_is_a_coroutine() {
    let is = |lines| report(lines, "3.9").1.coroutine;
    assert!(is("return await url"));
    assert!(is("async with url as x:\n    return x"));
    assert!(is("async for x in url:\n    return x"));
    assert!(is("return [x async for x in url]"));
    assert!(is("return [await x for x in url]"));
    assert!(!is("async def f():\n    await url\nreturn 1"));
    assert!(!is("return 1"));
}
