import onnx
import pytest
from onnx import TensorProto, helper

from trtlint.runtime_check.provenance import STACK_TRACE, Layer, NodeIndex, line_costs
from trtlint.runtime_check.result import SourceLine
from trtlint.runtime_check.user_code import UserCode, display_path, frames_in_text


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A user's project with a file of ten lines, and us in it."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "net.py").write_text("".join(f"line {i}\n" for i in range(1, 11)))
    library = tmp_path / ".venv" / "lib" / "site-packages" / "torch"
    library.mkdir(parents=True)
    (library / "nn.py").write_text("library\n" * 9)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_innermost_frame_of_the_user_is_chosen(project):
    trace = (
        f'File "{project}/net.py", line 7, in forward\n    y = self.c(x)\n'
        f'  File "{project}/net.py", line 3, in inner\n    return f(x)\n'
        f'  File "{project}/.venv/lib/site-packages/torch/nn.py", line 5, in forward\n    ...'
    )
    user = UserCode.around(project / "net.py")
    assert user.of_text(trace) == SourceLine("net.py", 3, "line 3")
    assert len(list(frames_in_text(trace))) == 3


def test_a_file_outside_the_project_counts_where_none_inside_does(project, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "helpers.py"
    other.write_text("def f(): ...\n")
    user = UserCode.around(project / "net.py")
    alone = f'File "{other}", line 1, in f'
    assert user.of_text(alone) == SourceLine(str(other), 1, "def f(): ...")
    both = f'File "{project}/net.py", line 2, in forward\n{alone}'
    assert user.of_text(both).path == "net.py"


def test_python_and_libraries_and_this_room_are_never_the_user(project):
    import json

    from trtlint.runtime_check import load

    user = UserCode.around(project / "net.py")
    for path in (json.__file__, load.__file__, onnx.__file__, "<string>", "<frozen importlib>"):
        assert user.of_text(f'File "{path}", line 1, in f') is None, path


def test_a_crash_dump_has_its_innermost_frame_first(project):
    dump = (
        "Current thread 0x1 (most recent call first):\n"
        f'  File "{project}/.venv/lib/site-packages/torch/nn.py", line 5 in forward\n'
        f'  File "{project}/net.py", line 4 in forward\n'
        f'  File "{project}/net.py", line 9 in outer\n'
    )
    assert UserCode.around(project / "net.py").of_dump(dump) == SourceLine("net.py", 4, "line 4")


def test_a_torchscript_doc_string_has_its_innermost_frame_first(project):
    text = (
        f"{project}/.venv/lib/site-packages/torch/nn.py(5): forward\n"
        f"{project}/net.py(6): forward\n{project}/net.py(9): outer\n"
    )
    assert UserCode.around(project / "net.py").of_doc_string(text).line == 6


def test_the_root_cause_of_an_exception_comes_first(project):
    user = UserCode.around(project / "net.py")
    code = compile("\n\n1 / 0", str(project / "net.py"), "exec")

    def refuse():
        try:
            exec(code)
        except ZeroDivisionError as cause:
            raise RuntimeError("refused") from cause

    with pytest.raises(RuntimeError) as caught:
        refuse()
    assert user.of_exception(caught.value) == SourceLine("net.py", 3, "line 3")


def test_a_syntax_error_is_in_the_file_that_does_not_parse(project):
    user = UserCode.around(project / "net.py")
    with pytest.raises(SyntaxError) as caught:
        compile("x = (", str(project / "net.py"), "exec")
    assert user.of_exception(caught.value).line == 1


def test_paths_are_relative_below_the_current_folder_only(project):
    assert display_path(project / "net.py") == "net.py"
    assert display_path(project.parent / "net.py") == str(project.parent / "net.py")


def node(name, output, line=None, path="net.py", body=None):
    made = helper.make_node("Op", ["x"], [output], name=name)
    if line is not None:
        made.metadata_props.add(key=STACK_TRACE, value=f'File "{path}", line {line}, in forward')
    if body is not None:
        made.attribute.append(helper.make_attribute("body", body))
    return made


def graph(*nodes):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    return helper.make_graph(list(nodes), "g", [value], [value])


@pytest.fixture
def index(project):
    inner = graph(node("node_inner", "i", 5), node("node_same", "j", 4))
    return NodeIndex(
        graph(
            node("node_add", "add", 2),
            node("node_add_1", "add_1", 3),
            node("node_if", "if", 4, body=inner),
            node("", "nameless"),
        ),
        UserCode.around(project / "net.py"),
    )


def test_nodes_know_their_lines(index):
    assert index.line_of("node_add").line == 2
    assert index.line_of("node_inner").line == 5
    assert index.line_of("") is None
    assert index.line_of("elsewhere") is None
    assert index.line_of_output("add_1").line == 3
    assert index.node_at(1) == "node_add_1"
    assert index.node_at(-1) is None
    assert index.node_at(99) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Error Code 4 (ITopKLayer node_add_1: node_add_1: K exceeds)", "node_add_1"),
        ("Tensor add has datatype FP8 but is not produced by a plugin", "node_add"),
        ("running Op node. Name:'node_if' Status", "node_if"),
        ("node_add_12 is another node", None),
        ("nothing is named", None),
    ],
)
def test_a_message_names_a_node_only_as_a_whole_word(index, message, expected):
    assert index.node_in(message) == expected


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (Layer("ELEMENTWISE", "node_add", "[ONNX Layer: node_add]", "node_add"), 2),
        (Layer("CAST", "ONNXTRT_castHelper", "", "node_add_1"), 3),
        (Layer("CAST", "ONNXTRT_castHelper", "", ""), None),
        (Layer("CAST", "ONNXTRT_castHelper", "[ONNX Layer: unknown]", "node_add"), 2),
        (Layer("SHUFFLE", "f", "[ONNX Layer: outer][ONNX Layer: node_add_1]", "node_add"), 3),
        (Layer("SHUFFLE", "helper", "", "node_inner"), None),  # of the branch, or of what follows?
        (Layer("SHUFFLE", "helper", "", "node_same"), 4),  # the same line in either case
        (Layer("CONDITIONAL_OUTPUT", "node_if_OutputLayer", "", "node_inner"), 4),
    ],
)
def test_a_layer_is_charged_only_where_it_is_certain(index, layer, line):
    found = index.line_of_layer(layer)
    assert (found.line if found else None) == line


def test_costs_are_summed_by_line():
    here, there = SourceLine("net.py", 9, "b"), SourceLine("net.py", 2, "a")
    layers = [Layer("SCATTER", "s"), Layer("CAST", "c"), Layer("SCATTER", "t"), Layer("CAST", "d")]
    costs = line_costs(layers, [here, there, here, None])
    assert [(c.at.line, c.layers, dict(c.costly)) for c in costs] == [
        (2, 1, {}),
        (9, 2, {"SCATTER": 2}),
    ]
