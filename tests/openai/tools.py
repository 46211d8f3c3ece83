"""The client of OpenAI against a tiny gpt-oss that has learned to call a calculator."""

import json
import os
import unittest

import openai

QUESTION = {"role": "user", "content": "What is 123 * 45?"}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "calculator",
            "description": "Evaluates an arithmetic expression.",
            "parameters": {
                "type": "object",
                "properties": {
                    "expression": {"type": "string", "description": "The expression."}
                },
                "required": ["expression"],
            },
        },
    }
]


class Tools(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(
            base_url=os.environ["HEARTH_URL"] + "/v1",
            api_key=os.environ["HEARTH_KEY"],
            max_retries=0,
        )
        self.model = self.client.models.list().data[0].id

    def ask(self, messages, **fields):
        return self.client.chat.completions.create(
            model=self.model, messages=messages, tools=TOOLS, temperature=0, **fields
        )

    def test_a_call_is_answered_with_the_client_s_own_objects(self):
        first = self.ask([QUESTION]).choices[0]
        self.assertEqual(first.finish_reason, "tool_calls")
        [call] = first.message.tool_calls
        self.assertEqual(call.function.name, "calculator")
        self.assertEqual(json.loads(call.function.arguments), {"expression": "123*45"})
        self.assertTrue(first.message.reasoning)
        result = {"role": "tool", "tool_call_id": call.id, "content": "5535"}
        second = self.ask([QUESTION, first.message, result]).choices[0]
        self.assertEqual(second.message.content, "123 * 45 = 5535.")

    def test_a_streamed_call_is_put_together_by_the_client(self):
        with self.client.chat.completions.stream(
            model=self.model, messages=[QUESTION], tools=TOOLS, temperature=0
        ) as stream:
            final = stream.get_final_completion()
        [call] = final.choices[0].message.tool_calls
        self.assertEqual(json.loads(call.function.arguments), {"expression": "123*45"})


if __name__ == "__main__":
    unittest.main()
