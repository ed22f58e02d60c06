from itertools import islice

from approval_gate.server.bodies import LONGEST_WAIT, HoldBody
from sandbox.demo.questions import LIFE, demo_questions

SEED, MANY = 8484, 40


def test_the_same_seed_asks_the_same() -> None:
    first, again, other = (list(islice(demo_questions(seed), MANY)) for seed in (SEED, SEED, SEED + 1))

    assert first == again != other


def test_the_agent_and_the_pipeline_take_turns_and_the_first_refund_is_of_500_euros() -> None:
    questions = list(islice(demo_questions(SEED), MANY))

    assert [question["action"] for question in questions] == ["refund", "kubectl drain"] * (MANY // 2)
    assert str(questions[0]["title"]).startswith("Refund 500 euros for order A-")
    assert {question["risk"] for question in questions} == {"medium", "high"}


def test_the_gate_takes_every_question_and_holds_the_call_until_it_expires() -> None:
    for question in islice(demo_questions(SEED), MANY):
        assert HoldBody.model_validate(question).wait == LONGEST_WAIT > LIFE
