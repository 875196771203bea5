#!/usr/bin/env python3
"""Chat templates and conversations, rendered by Python's jinja2 with the settings of transformers.

    testdata/chat/make_cases.py --write testdata/chat/cases.jsonl     golden values (needs PyPI jinja2 3.1)
    testdata/chat/make_cases.py --compare "COMMAND"                      the same cases, and random expressions, against COMMAND

COMMAND reads one case per line on standard input and writes {"text"} or {"error"} per line: hrm lm render --cases --file -.
The templates are written for this file: each is of the constructs that a family of published models uses, in short.
"""
import argparse
import copy
import datetime
import itertools
import json
import random
import re
import subprocess
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

NOW = "2024-07-26T15:04:05"


class Generation(jinja2.ext.Extension):
    """{% generation %}: what it holds is written as it is."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_hold"), [], [], body).set_lineno(line)

    def _hold(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = lambda form: datetime.datetime.fromisoformat(NOW).strftime(form)
    return made


# ---------------------------------------------------------------------------------------------- templates

TEMPLATES = {
    # ChatML, in one line and with line breaks inside of texts
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'"
              " + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "chatml_system": "{% for m in messages %}{% if loop.first and m.role != 'system' %}<|im_start|>system\nYou help."
                     "<|im_end|>\n{% endif %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    "chatml_last": "{% for message in messages %}{{ '<|im_start|>' ~ message.role ~ '\\n' ~ message.content }}"
                   "{% if (loop.last and add_generation_prompt) or not loop.last %}{{ '<|im_end|>\\n' }}{% endif %}"
                   "{% endfor %}{% if add_generation_prompt and messages[-1]['role'] != 'assistant' %}"
                   "{{ '<|im_start|>assistant\\n' }}{% endif %}",
    # tools listed in the system message, calls as JSON in tags, answers of tools gathered in one user message
    "qwen25": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are an assistant.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are an assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    # reasoning taken out of answers before the last question; slices, namespaces, split and strip
    "qwen3": """{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    # dates and tools in the header form
    "llama31": """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{%- if builtin_tools is defined %}
    {{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\\n\\n"}}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("one call at a time!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "llama32_clock": """{%- if strftime_now is defined %}{% set today = strftime_now("%d %b %Y") %}{% else %}{% set today = "never" %}{% endif %}
Today: {{ today }} ({{ strftime_now("%A %j %H:%M:%S %y-%m %B %%") }})
{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}
{% endfor %}""",
    # strict alternation, with the system message put into the first question
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{#- a comment
    of two lines -#}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("roles must alternate user/assistant/user/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("an id must have 9 characters") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
        {%- endfor %}
        {{- "]" + eos_token }}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + "}[/TOOL_RESULTS]" }}
    {%- else %}
        {{- raise_exception("only user, assistant and tool") }}
    {%- endif %}
{%- endfor %}
""",
    # several states in one namespace, reasoning cut off
    "deepseek": "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
                "{% set ns = namespace(is_first=false, is_tool=false, system_prompt='') %}{%- for message in messages %}"
                "{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}"
                "{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}"
                "{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<\uff5cUser\uff5c>' + message['content']}}"
                "{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}"
                "{% set content = message['content'] %}{% if '</think>' in content %}"
                "{% set content = content.split('</think>')[-1] %}{% endif %}"
                "{{'<\uff5cAssistant\uff5c>' + content + '<\uff5cend\u2581of\u2581sentence\uff5c>'}}{%- endif %}{%- endfor -%}"
                "{% if add_generation_prompt and not ns.is_tool %}{{'<\uff5cAssistant\uff5c><think>\\n'}}{% endif %}",
    # no system role; assistant becomes model; contents of parts
    "gemma": """{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""",
    "phi": "{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}"
           "{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}"
           "{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
           "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
    "phi_old": "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|user|>' + '\n' + "
               "message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}{% elif (message['role'] == 'assistant') %}"
               "{{message['content'] + '<|end|>' + '\n'}}{% endif %}{% endfor %}",
    # macros over JSON schemas, call blocks, recursion
    "macros": """{%- macro kind(schema) -%}
    {%- if schema.type is defined and schema.type == "array" -%}
        {{ kind(schema["items"]) + "[]" }}
    {%- elif schema.enum is defined -%}
        {{ schema.enum | map("tojson") | join(" | ") }}
    {%- elif schema.type is sequence and schema.type is not string -%}
        {{ schema.type | join("|") }}
    {%- elif schema.type == "object" and schema.properties is defined -%}
        { {%- for name, part in schema.properties.items() %}{{ name }}{{ "" if name in schema.get("required", []) else "?" }}: {{ kind(part) }}{{ ", " if not loop.last }}{% endfor -%} }
    {%- else -%}
        {{ schema.type | default("any", true) }}
    {%- endif -%}
{%- endmacro -%}
{%- macro boxed(title, width=20) -%}[{{ title.center(width) }}|{{ caller() if caller is defined else "-" }}]{%- endmacro -%}
{%- if tools %}
{%- for tool in tools | map(attribute="function") | sort(attribute="name") %}
{% set f = tool %}
type {{ f.name }} = ({{ kind(f.parameters) }}) // {{ f.description | default("none") | trim | capitalize }}
{%- endfor %}
{%- endif %}
{% call boxed("chat", width=9) %}{{ messages | length }}{% endcall %}

{% for m in messages %}
{{ loop.index }}/{{ loop.length }} {{ m.role | upper }}: {{ m.content | string | truncate(12) }} {{ loop.cycle("odd", "even") }}{% if loop.previtem is defined %} after {{ loop.previtem.role }}{% endif %}

{% else %}
nobody
{% endfor %}""",
    "smollm3": """{%- set defaults = namespace(reasoning_mode=("/think" if enable_thinking | default(true) else "/no_think")) -%}
{%- if messages and messages[0].role == "system" -%}
  {%- set system_message = messages[0].content -%}
  {%- if "/no_think" in system_message -%}{%- set reasoning_mode = "/no_think" -%}
  {%- elif "/think" in system_message -%}{%- set reasoning_mode = "/think" -%}
  {%- else -%}{%- set reasoning_mode = defaults.reasoning_mode -%}{%- endif -%}
  {%- set custom_instructions = system_message.replace("/no_think", "").replace("/think", "").rstrip() -%}
{%- endif -%}
{{- "<|im_start|>system\\n" -}}
{%- set today = strftime_now("%d %B %Y") -%}
{{- "Today Date: " ~ today ~ "\\n" -}}
{{- "Reasoning Mode: " + (reasoning_mode or defaults.reasoning_mode) + "\\n\\n" -}}
{%- if custom_instructions -%}{{- custom_instructions + "\\n" -}}{%- endif -%}
{%- if xml_tools or python_tools or tools -%}
  {%- set ns = namespace(text="") -%}
  {%- for tool in (xml_tools or tools or []) -%}{%- set ns.text = ns.text ~ (tool | tojson(indent=none)) ~ "\\n" -%}{%- endfor -%}
  {{- "<tools>\\n" + ns.text + "</tools>\\n" -}}
{%- endif -%}
{{- "<|im_end|>\\n" -}}
{%- for message in messages -%}
    {%- set content = message.content if message.content is string else "" -%}
    {%- if message.role == "user" -%}
        {{ "<|im_start|>" + message.role + "\\n"  + content + "<|im_end|>\\n" }}
    {%- elif message.role == "assistant" -%}
        {% generation %}
        {%- if reasoning_mode == "/think" -%}
            {{ "<|im_start|>assistant\\n" + content.lstrip("\\n") + "<|im_end|>\\n" }}
        {%- else -%}
            {{ "<|im_start|>assistant\\n" + "<think>\\n\\n</think>\\n" + content.lstrip("\\n") + "<|im_end|>\\n" }}
        {%- endif -%}
        {% endgeneration %}
    {%- elif message.role == "tool" -%}
    {{ "<|im_start|>" + "user\\n"  + content + "<|im_end|>\\n" }}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<|im_start|>assistant\\n" -}}{%- endif -%}
""",
    "zephyr": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""",
    "llama2": "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = "
              "messages[0]['content'] %}{% elif false == true and not '<<SYS>>' in messages[0]['content'] %}"
              "{% set loop_messages = messages %}{% set system_message = 'x' %}{% else %}{% set loop_messages = messages %}"
              "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
              "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}"
              "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + "
              "'\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}"
              "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
              "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "cohere": """{{ bos_token }}{% set ns = namespace(n=0) %}{% for message in messages if message.role != "system" %}{% if loop.first %}{{ "first " }}{% endif %}
{%- if message.content is none %}{% continue %}{% endif %}
{%- set ns.n = ns.n + 1 %}<|TURN|>{{ "%03d %-9s|" % (ns.n, message.role) }}{{ message.content }}{% if ns.n >= 3 %}{% break %}{% endif %}{% endfor %}
{{ "{}" if not tools else tools | tojson(separators=(",", ":"), sort_keys=true) }}{{ documents }}""",
    "blocks": """{% set head %}
  <{{ messages | map(attribute='role') | unique | join('+') }}>
{% endset %}
{% set tail | trim | upper %}  end {{ eos_token }} {% endset %}
{{ head -}}
{% filter indent(2, first=true) %}
{% for m in messages %}
{{ m.role }}
{{ m.content }}
{% endfor %}{% endfilter %}
{% with a = 1, b = [2, 3] %}{{ a + b[0] }}{% endwith %}
{% raw %}{{ not run }}{% endraw %}
{{- tail }}""",
    "python": """{% for m in messages %}{{ m }}
{% endfor %}{{ tools }} {{ messages | groupby('role') | map('first') | list }} {{ messages | map('length') | sum }}
{{ messages[0].items() }} {{ messages[0].keys() | list }} {{ messages | selectattr('tool_calls', 'defined') | list | length }}""",
}

TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": " tells the weather \u2600 ", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}},
                                         "unit": {"enum": ["C", "F"]}, "x": {"type": ["string", "null"]}},
        "required": ["city"]}, "return": {"type": "number"}}},
    {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}},
]
CALL = {"role": "assistant", "content": "", "tool_calls": [
    {"id": "abcdefghi", "type": "function", "function": {"name": "weather", "arguments": {"city": "K\u00f6ln", "days": [1, 2.5, None, True]}}}]}
CONVERSATIONS = [
    [{"role": "user", "content": "Hi"}],
    [{"role": "system", "content": " Be brief. /no_think"}, {"role": "user", "content": " What's 1+1?\n"},
     {"role": "assistant", "content": "<think>\nEasy.\n</think>\n\n2"}, {"role": "user", "content": "And \"2\"*3? \u4e2d\u6587 \U0001f600"}],
    [{"role": "user", "content": ""}, {"role": "assistant", "content": "a\n\nb  "}],
    [{"role": "user", "content": "weather?"}, CALL, {"role": "tool", "name": "weather", "content": "{\"t\": 20}"},
     {"role": "tool", "content": "<b>&'\""}, {"role": "assistant", "content": "20 \u00b0C", "reasoning_content": "tools"},
     {"role": "user", "content": "thanks"}],
    [{"role": "system", "content": [{"type": "text", "text": "sys"}]},
     {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": " look "}]}],
    [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    [{"role": "assistant", "content": None}, {"role": "user", "content": "x"}],
    [],
]
VARIABLES = [{}, {"enable_thinking": False}, {"date_string": "1 Jan 2000", "builtin_tools": ["code_interpreter", "search"]}]


def template_cases():
    for (name, template), messages in itertools.product(TEMPLATES.items(), CONVERSATIONS):
        for tools, prompt, variables in ((None, True, VARIABLES[0]), (TOOLS, False, VARIABLES[1]), (None, False, VARIABLES[2])):
            yield {"name": name, "template": template, "messages": messages, "tools": tools,
                   "add_generation_prompt": prompt, "variables": variables}


# ---------------------------------------------------------------------------------------------- single expressions

VALUES = ["0", "1", "-3", "7", "2.5", "-0.5", "1e20", "true", "none", "missing", "''", "'abc'", "' a b '", "'\u00e4\u00df\u4e2d'",
          "'a,b,,c'", "[]", "[3, 1, 2]", "['b', 'A', 'c']", "(1, 'x')", "{}", "{'b': 1, 'a': [2]}", "messages", "messages[0]",
          "'12'", "' 3.7 '", "'x\\ny\\n'", "range(4)|list", "'It\\'s'", "[1, [2, {'k': none}]]", "'Hello wORLD-foo (bar'", "1e-5", "3.0"]
FILTERS = ["abs", "capitalize", "center(9)", "count", "d('z')", "default('z', true)", "dictsort", "escape", "first", "float",
           "indent", "indent(2, true, true)", "int", "int(5)", "items|list", "join", "join('-')", "last", "length", "list", "lower",
           "map('string')|list", "map(attribute='role')|list", "max", "min", "reject|list", "select|list", "select('string')|list",
           "selectattr('role')|list", "rejectattr('role', 'eq', 'user')|list|length", "replace('a', 'QQ')", "replace('', '.', 2)",
           "reverse|list", "round", "round(1)", "round(0, 'floor')", "slice(2)|list", "batch(2, 'f')|list", "sort", "sort(reverse=true)",
           "string", "sum", "title", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true, sort_keys=true)", "trim", "trim('a ')",
           "truncate(7)", "truncate(5, true, '')", "unique|list", "upper", "wordcount", "groupby('role')|length", "format(1, 2)"]
METHODS = ["upper()", "lower()", "strip()", "strip('a')", "lstrip()", "rstrip('\\n')", "split()", "split(',')", "split(',', 1)",
           "rsplit(' ', 1)", "splitlines()", "startswith('a')", "endswith(('c', 'b'))", "find('b')", "rfind('b')", "count('a')",
           "replace('b', 'xy')", "title()", "capitalize()", "isdigit()", "isalpha()", "isupper()", "join(['1', '2'])", "zfill(5)",
           "ljust(6, '.')", "rjust(6)", "center(7, '*')", "partition('b')", "rpartition(',')", "removeprefix('a')",
           "swapcase()", "get('a')", "get('q', 5)", "keys()|list", "values()|list", "items()|list", "index(1)", "append(1)", "isspace()"]
TESTS = ["boolean", "callable", "defined", "divisibleby 2", "even", "odd", "false", "true", "float", "integer", "number", "iterable",
         "mapping", "none", "sequence", "string", "undefined", "upper", "lower", "in [1, 'abc']", "eq 1", "ne 'abc'", "gt 0", "le 2",
         "sameas none"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
SLICES = ["[0]", "[-1]", "[1:]", "[:-1]", "[::-1]", "[::2]", "[5]", "['a']", "['role']", ".role", ".a", ".0", "[-10:2]", "[2:1]", "[true]"]


def expression_cases(seed, count):
    made = [f"({v})|{f}" for v in VALUES for f in FILTERS] + [f"({v}).{m}" for v in VALUES for m in METHODS]
    made += [f"({v}) is {t}" for v in VALUES for t in TESTS] + [f"({v}){s}" for v in VALUES for s in SLICES]
    made += [f"({a}) {op} ({b})" for a in VALUES for op in BINARY for b in VALUES]
    made += [f"-({v})" for v in VALUES] + [f"not ({v})" for v in VALUES] + VALUES
    made += [f"'{form}' % ({v})" for form in ("%s|", "%d", "%5.1f", "%r", "%05d", "%-6s|", "%x", "%%", "%+d", "%e", "%g", "%c")
             for v in VALUES]
    random.Random(seed).shuffle(made)
    for text in made[:count]:
        yield {"name": "expression", "template": "{{ " + text + " }}", "messages": CONVERSATIONS[1]}
    for text in SYNTAX:
        yield {"name": "syntax", "template": text, "messages": CONVERSATIONS[1]}


SYNTAX = [
    "a\n", "a\n\n", "a\r\nb\rc", "  {% if true %}  \n x \n  {% endif %}  \n", "{{ 1 }}\n{{ 2 }}\n", "{# c #}\nx", " {# c #} x", "{#- c -#} x",
    "x {%- if true -%} y {%- endif -%} z", "x\n  {%+ if true %}y{% endif %}", "x {%- if true +%}\ny{% endif %}", "{%- raw -%} {{ x }} {%- endraw -%} y",
    "{% raw %}\n  {% if %}\n{% endraw %}\nz", "{{ {'a': {'b': 1}}['a'] }}", "{{ {'a': {}} }}", "{{ [1,2,][1] }}", "{{ (1,) }}", "{{ () }}",
    "{{ 'a' 'b' }}", "{{ 'a\\tb\\x41\\u00e9\\101\\q' }}", "{{ 1_000 + 1 }}", "{{ 1.5e3 }}", "{{ 0x1 }}", "{{ 012 }}", "{{ 1 if true }}|{{ 1 if false }}",
    "{{ 1 if false else 2 if false else 3 }}", "{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}", "{{ not 1 == 2 }}", "{{ 2 ** 3 ** 2 }}{{ -2 ** 2 }}",
    "{{ 'a' ~ 1 + 2 }}", "{{ 1 - 1 ~ 2 }}", "{{ -1|abs }}", "{{ 'a'|upper ~ 'b' }}", "{{ 'x' is string and 'y' }}", "{{ 3 is divisibleby 3 }}",
    "{{ 3 is not none }}", "{{ 'a' in 'abc' and 'b' not in 'xyz' }}", "{{ x.y }}", "{{ x }}|{{ x is defined }}|{{ x|d(1) }}", "{{ x + 1 }}",
    "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = [3, 4] %}{{ a }}{{ b }}", "{% set a, b = [1] %}", "{% for a, b in {'x': 1}.items() %}{{ a }}{{ b }}{% endfor %}",
    "{% for i in [1,2,3] if i != 2 %}{{ loop.index }}:{{ i }}{{ loop.last }} {% endfor %}", "{% for i in [] %}x{% else %}empty{% endfor %}",
    "{% for i in 'abc' %}{{ i }}{{ loop.revindex0 }}{% endfor %}", "{% for i in 5 %}{% endfor %}", "{% for i in none %}{% endfor %}", "{% for i in missing %}{% endfor %}ok",
    "{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }}{{ loop.index }} {% endfor %}{{ loop.index }};{% endfor %}",
    "{% for i in [[1,[2]],[3]] recursive %}({{ loop.depth }}{% if i is iterable %}{{ loop(i) }}{% else %}{{ i }}{% endif %}){% endfor %}",
    "{% for i in [1,1,2] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% break %}", "{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}{{ m(1, 3, 4, x=5) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(a=none) }}{{ m(b=1) }}", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 7 %}{{ m() }}",
    "{% macro f(n) %}{{ n }}{{ f(n - 1) if n > 0 }}{% endmacro %}{{ f(5) }}", "{% macro m() %}[{{ caller(1) }}]{% endmacro %}{% call(x) m() %}{{ x + 1 }}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{{ m()|length }}{{ m.name }}", "{% set ns = namespace(a=1) %}{% for i in [1,2] %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b is defined }}",
    "{% set ns = namespace({'q': 1}, r=2) %}{{ ns.q }}{{ ns.r }}", "{% set d = {} %}{% set d.a = 1 %}", "{{ messages.append(1) }}", "{{ {}.update({}) }}", "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__ }}", "{{ messages|map('nope')|list }}", "{{ 1|nope }}", "{{ 1 is nope }}", "{% if false %}{{ 1|nope }}{% endif %}", "{% nope %}", "{% if %}{% endif %}", "{% if true %}",
    "{% endif %}", "{{ }}", "{{ 1", "{% for %}", "{{ 1 +}}", "{{ (1 }}", "{{ 1) }}", "{{ 'a }}", "{# x", "{% raw %}", "{{ a b }}", "{{ 1|}}", "{{ x. }}", "{{ [1 2] }}", "{{ $ }}",
    "{{ range(3) }}", "{{ range(0, 10, 3)|list }}", "{{ range(5)|sum }}", "{{ range(200000)|length }}", "{{ dict(a=1, b=2) }}", "{{ dict([('a', 1)], b=2) }}", "{{ joiner }}",
    "{% set j = joiner('; ') %}{% for i in [1,2,3] %}{{ j() }}{{ i }}{% endfor %}", "{{ raise_exception('no') }}", "{% set x %}a{{ 1 }}b{% endset %}{{ x|length }}",
    "{% set x | upper | replace('A', 'z') %}a{% endset %}{{ x }}", "{% filter upper | trim %} a {% endfilter %}", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% with a = 1, b = a %}{{ b }}{% endwith %}", "{% generation %}x{% set y = 1 %}{% endgeneration %}{{ y is defined }}", "{% print 1, 2 %}", "{% if 1 %}a{% elif 2 %}b{% else %}c{% endif %}",
    "{{ 1 if x is defined else 2 }}", "{{ x|default }}|{{ x|default(none) }}", "{{ 'a'|attr('upper') is callable }}", "{{ messages|attr('x') is defined }}", "{{ {'a': 1}|attr('a') is defined }}",
    "{{ '%s and %s' % ('a', 'b') }}", "{{ '%(a)s' % {'a': 1} }}", "{{ '%s' % [1, 2] }}", "{{ '%s' }}", "{{ '%s %s' % 'a' }}", "{{ 'a' % 'b' }}", "{{ '{} {}'|string }}",
    "{{ [1,2]|map('float')|map('int')|join(',') }}", "{{ ['a','b']|map('upper')|join }}", "{{ [{'a':{'b':1}}]|map(attribute='a.b')|first }}", "{{ [{'n':2},{'n':1}]|sort(attribute='n')|map(attribute='n')|list }}",
    "{{ [[1,2],[3]]|sum(start=[]) }}", "{{ ['x']|first ~ ([]|first) }}", "{{ [3,1]|sort|last }}", "{{ 'abc'|reverse }}", "{{ messages|selectattr('role','in',['user','x'])|map(attribute='content')|list }}",
    "{{ ('<b>'|safe) ~ '<' }}", "{{ '<a href=\"x\">'|e }}", "{{ 'x'|e|e }}", "{{ ' a'|safe|trim }}", "{{ 1.0 }} {{ 1e16 }} {{ 123456789012345680.0 }} {{ 0.1 + 0.2 }} {{ 1e-7 }} {{ 5 // 2 }} {{ -5 // 2 }} {{ -5 % 3 }} {{ 5 % -3 }} {{ 7.5 // 2 }} {{ 4 / 2 }}",
    "{{ 'a' * 3 }}{{ [1] * 2 }}", "{{ 'a' < 'b' }}{{ [1,2] < [1,3] }}", "{{ 1 == 1.0 }}{{ 1 == true }}{{ '1' == 1 }}{{ none == missing }}", "{{ true + true }}", "{{ 'x'.join(['a', 1]) }}", "{{ none.x }}", "{{ none + 'a' }}",
    "{{ 'a' + none }}", "{{ messages[0]['nope'] }}|{{ messages[9] }}|", "{{ messages[9].x }}", "{{ loop }}", "{{ self is defined }}", "{{ caller is defined }}", "{% set loop = 3 %}{{ loop }}", "{% for loop in [1] %}{{ loop }}{% endfor %}",
    "{{ '\\u4e2d'|length }}{{ '\\u4e2d\\u6587'[1] }}", "{{ 'stra\\u00dfe'|upper }}", "{{ '\\u00c4'|lower }}", "{{ [none, true, 1.5, 'a\\n\\'', \"q'\"] }}", "{{ {'a': none, 1: [2]} | tojson }}", "{{ 'a</b>&\\u2028\\x7f' | tojson }}", "{{ missing | tojson }}",
    "{{ 'x' if messages is iterable and messages is not mapping and messages is not string }}", "{{ messages|length is even }}", "{{ 'a.b'.split('.')[-1] }}", "{{ ('a' if 1) ~ ('b' if 0) }}", "{% set messages = messages[1:] %}{{ messages|length }}",
    "{% if messages[0].role == 'system' %}{% set m2 = messages[1:] %}{% endif %}{{ m2|length }}", "{{ messages == messages }}{{ messages[0] == messages[0] }}{{ messages[0] != messages[1] }}", "{{ messages[1:][0] == messages[1] }}",
    "{% set f = 'abc'.upper %}{{ f() }}", "{{ namespace }}", "{{ (messages|map(attribute='role')) is iterable }}{{ (messages|map(attribute='role')) is sequence }}", "{{ messages|map(attribute='role')|length }}", "{% set m = messages|map(attribute='role') %}{{ m|list }}{{ m|list }}",
    "{% if messages|selectattr('role', 'equalto', 'nobody') %}always{% endif %}", "{{ 'a\n  b'|indent }}", "{{ ''|indent }}|{{ 'a\n\nb\n'|indent(2) }}|", "{{ 3.7|int }}{{ '3.7'|int }}{{ 'x'|int }}{{ 'x'|int(-1) }}{{ '0x1f'|int(0, 16) }}{{ none|int }}{{ true|int }}", "{{ 2.5|round }}{{ 3.5|round }}{{ 2.675|round(2) }}{{ 7|round }}{{ 2.1|round(0, 'ceil') }}",
    "{{ messages[-1]['content'].split('\"')[1]|int + 1 }}", "{{ 'a' is in 'abc' }}", "{{ 1 is in [1] }}", "{% set x = 1, 2 %}{{ x }}", "{% for x in 1, 2 %}{{ x }}{% endfor %}", "{{ 1, 2 }}", "{{ messages[0:1, 2] }}", "{{ 9223372036854775807 }}", "{{ 'a'.format() }}", "{{ foo(**{}) }}", "{{ dict(**{'a': 1}) }}{{ range(*[1, 3])|list }}",
]


# What docs/formats/tokenizer.md says is refused here though Jinja has it.
NOT_HERE = re.compile(r"0x1|^\{% raw %\}$|\{\{ range\(3\) \}\}|\{\{ (joiner|namespace) \}\}|self is|format\(\)|truncate"
                      r"|\*\* \((2\.5|-0\.5|1e-5|1e20|3\.0)|1e20|^\{\{ \(.*\)\[[-0-9]*:[-0-9:]*\] \}\}$")


def golden(case, env):
    case = copy.deepcopy(case)  # a template can change it: {{ messages | indent }} appends to the list
    try:
        text = env.from_string(case["template"]).render(
            messages=case["messages"], tools=case.get("tools"), documents=case.get("documents"),
            add_generation_prompt=case.get("add_generation_prompt", False), bos_token="<s>", eos_token="</s>",
            **case.get("variables", {}))
        text.encode()
        return {"text": text}
    except Exception as error:  # whatever Python raises, the program has to refuse
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def all_cases(seed, count):
    for case in itertools.chain(template_cases(), expression_cases(seed, count)):
        yield {**case, "bos_token": "<s>", "eos_token": "</s>", "date": NOW}


def compare(command, seed, count):
    env = environment()
    cases = list(all_cases(seed, count))
    done = subprocess.run(command, shell=True, input="".join(json.dumps(case) + "\n" for case in cases), text=True,
                          stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    if len(answers) != len(cases):
        sys.exit(f"{len(answers)} answers for {len(cases)} cases")
    counts = {"equal": 0, "both refuse": 0, "refused as documented": 0, "only ours refuses": 0, "different": 0,
              "only jinja2 refuses": 0}
    for case, answer in zip(cases, answers):
        want = golden(case, env)
        kind = ("equal" if answer.get("text") == want["text"] else "different" if "text" in answer else "only ours refuses") \
            if "text" in want else ("only jinja2 refuses" if "text" in answer else "both refuse")
        if kind == "only ours refuses" and NOT_HERE.search(case["template"]):
            kind = "refused as documented"
        counts[kind] += 1
        if kind not in ("equal", "both refuse", "refused as documented"):
            print(f"{kind}: {case['name']} {case['template'][:120]!r}\n    jinja2: {json.dumps(want)[:300]}\n"
                  f"    ours:   {json.dumps(answer)[:300]}")
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 1 if counts["different"] or counts["only jinja2 refuses"] or counts["only ours refuses"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--compare", metavar="COMMAND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100_000, help="expressions at most")
    args = parser.parse_args()
    if args.compare:
        return compare(args.compare, args.seed, args.count)
    env = environment()
    with open(args.write, "w", encoding="utf-8") as out:
        def write(record):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
        write({"conversations": CONVERSATIONS, "tools": TOOLS, "templates": TEMPLATES, "date": NOW})
        for case in all_cases(args.seed, args.count):
            answer = golden(case, env)
            if NOT_HERE.search(case["template"]) and case["name"] not in TEMPLATES:
                continue
            answer = {"refused": True} if "error" in answer else answer
            short = {"conversation": CONVERSATIONS.index(case["messages"]), **answer}
            if case["name"] in TEMPLATES:
                short = {"name": case["name"], "tools": case["tools"] is not None,
                         "prompt": case["add_generation_prompt"], "variables": case["variables"], **short}
            else:
                short["template"] = case["template"]
            write(short)
    return 0


if __name__ == "__main__":
    sys.exit(main())
