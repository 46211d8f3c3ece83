"""The client of OpenAI against a server whose model says "Good morning!".

The client turns answers into typed objects, so a shape that is wrong shows here.
"""

import os
import unittest

import openai

URL = os.environ["HEARTH_URL"]
KEY = os.environ["HEARTH_KEY"]
TEXT = "Good morning!"
QUESTION = [{"role": "user", "content": "Hello"}]


def client(key=KEY):
    return openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0)


class Answers(unittest.TestCase):
    def setUp(self):
        self.client = client()
        self.model = self.client.models.list().data[0].id

    def ask(self, **fields):
        return self.client.chat.completions.create(
            model=self.model, messages=QUESTION, temperature=0, **fields
        )

    def test_models_are_listed_and_found(self):
        model = self.client.models.retrieve(self.model)
        self.assertEqual((model.id, model.object), (self.model, "model"))

    def test_a_chat_is_answered(self):
        answer = self.ask()
        self.assertEqual(answer.object, "chat.completion")
        [choice] = answer.choices
        self.assertEqual(choice.message.content, TEXT)
        self.assertEqual((choice.message.role, choice.finish_reason), ("assistant", "stop"))
        self.assertEqual(answer.usage.completion_tokens, len(TEXT))
        self.assertEqual(answer.usage.completion_tokens_details.reasoning_tokens, 0)
        self.assertIsNotNone(answer.usage.prompt_tokens_details.cached_tokens)

    def test_a_stream_is_put_together(self):
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(text, TEXT)
        self.assertEqual(chunks[-2].choices[0].finish_reason, "stop")
        self.assertEqual(chunks[-1].choices, [])
        self.assertEqual(chunks[-1].usage.completion_tokens, len(TEXT))

    def test_the_helper_for_streams_follows(self):
        with self.client.chat.completions.stream(
            model=self.model, messages=QUESTION, temperature=0
        ) as stream:
            deltas = [event.delta for event in stream if event.type == "content.delta"]
            final = stream.get_final_completion()
        self.assertEqual("".join(deltas), TEXT)
        self.assertEqual(final.choices[0].message.content, TEXT)

    def test_probabilities_have_their_types(self):
        answer = self.ask(logprobs=True, top_logprobs=2)
        tokens = answer.choices[0].logprobs.content
        self.assertEqual("".join(token.token for token in tokens), TEXT)
        self.assertEqual(bytes(tokens[0].bytes), b"G")
        self.assertEqual(len(tokens[0].top_logprobs), 2)

    def test_two_answers_are_two(self):
        answer = self.ask(n=2)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1])

    def test_a_completion_goes_on(self):
        answer = self.client.completions.create(
            model=self.model, prompt="Hello", max_tokens=3, temperature=0, logprobs=1, echo=True
        )
        [choice] = answer.choices
        self.assertTrue(choice.text.startswith("Hello"))
        self.assertEqual(len(choice.logprobs.tokens), len(choice.logprobs.text_offset))
        stream = self.client.completions.create(
            model=self.model, prompt="Hello", max_tokens=3, temperature=0, stream=True
        )
        self.assertEqual([chunk.object for chunk in stream][-1], "text_completion")

    def test_errors_are_the_classes_that_programs_catch(self):
        with self.assertRaises(openai.AuthenticationError) as caught:
            client("sk-hearth-wrong").models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.chat.completions.create(model="gpt-5", messages=QUESTION)
        self.assertEqual(caught.exception.code, "model_not_found")
        with self.assertRaises(openai.BadRequestError) as caught:
            self.ask(top_p=7)
        self.assertEqual(caught.exception.param, "top_p")
        with self.assertRaises(openai.BadRequestError) as caught:
            messages = [{"role": "user", "content": "a" * 20000}]
            self.client.chat.completions.create(model=self.model, messages=messages)
        self.assertEqual(caught.exception.code, "context_length_exceeded")


if __name__ == "__main__":
    unittest.main()
