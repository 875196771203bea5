// A Jinja template as a tree.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja_value.h"

namespace hrm::text::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr more, more_named;  // *more, **more_named
};

struct Expression {
  enum class Op {
    kConst,
    kName,
    kTuple,
    kList,
    kDict,  // parts: key, value, key, ...
    kAttribute,
    kItem,
    kSlice,  // parts: begin, end, step, each may be null
    kCall,
    kFilter,  // without parts[0]: of the content of a block
    kTest,
    kNot,
    kNegative,
    kPositive,
    kAnd,
    kOr,
    kCompare,  // parts; operators between them
    kArithmetic,
    kConcat,
    kCondition,  // parts: test, then, else or null
  };
  Op op = Op::kConst;
  size_t line = 1;
  std::string name;  // also of an operator
  size_t id = 0;     // of a name
  Value value;
  std::vector<ExpressionPtr> parts;
  std::vector<std::string> operators;
  CallArguments arguments;
  size_t depth = 1;
};

// What `set` and `for` assign to: a name, an attribute of a namespace, or a tuple of them.
struct Target {
  std::string name, attribute;
  size_t id = 0;
  std::vector<Target> parts;  // a tuple
  bool is_tuple = false;
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

struct Parameter {
  std::string name;
  size_t id = 0;
  ExpressionPtr otherwise;
};

struct Statement {
  enum class Kind {
    kData,
    kOutput,
    kFor,  // expression, test; body, other
    kIf,   // branches; other
    kSet,
    kSetBlock,     // expression: filters, or null
    kMacro,        // also of a call block
    kCallBlock,    // expression: the call; macro: what it passes as caller
    kFilterBlock,  // expression: filters
    kWith,         // targets and values; body
    kScope,        // generation
    kBreak,
    kContinue,
  };
  Kind kind = Kind::kData;
  size_t line = 1;
  std::string text;  // data; the name of a macro
  size_t id = 0;
  ExpressionPtr expression, test;
  Target target;
  std::vector<Target> targets;
  std::vector<ExpressionPtr> values;
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  std::vector<Parameter> parameters;
  bool recursive = false, takes_more = false, takes_named = false, takes_caller = false;
  Body body, other;
};

struct Program {
  std::string source;
  Body body;
  std::vector<std::string> names;                                            // by id
  size_t id_of_loop = 0, id_of_caller = 0, id_of_more = 0, id_of_named = 0;  // loop, caller, varargs, kwargs
};

// Throws bad_input with source, line and construct for what Jinja refuses and what needs other files (extends, include,
// import).
std::shared_ptr<const Program> parse_program(std::string_view jinja, std::string source);

}  // namespace hrm::text::jinja
