#include "formats/pickle.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "formats/bytes.h"

namespace hrm {

using Kind = PickleValue::Kind;

namespace {

constexpr std::string_view kInPickle = "torch.load";
// A state dict needs some 150 bytes per tensor; the limit bounds what the machine may allocate.
constexpr size_t kMaxPickle = size_t{4} << 20;

constexpr std::string_view kOrderedDict = "collections OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr std::string_view kRebuildParameterWithState = "torch._utils _rebuild_parameter_with_state";
constexpr std::string_view kRebuildFromType = "torch._tensor _rebuild_from_type_v2";  // a tensor with attributes

// Modules whose functions run code, commands or more pickles: no checkpoint has a reason to name them.
constexpr std::string_view kForbiddenModules[] = {
    "os",         "posix",    "nt",      "sys",    "subprocess", "commands", "shutil",    "socket",
    "pty",        "popen2",   "runpy",   "imp",    "code",       "codeop",   "importlib", "ctypes",
    "webbrowser", "operator", "marshal", "pickle", "_pickle",    "cPickle",  "dill",      "cloudpickle",
    "pip",        "pdb",      "bdb",     "timeit", "asyncio",    "types"};
// Of Python's builtins only those that make plain values.
constexpr std::string_view kPlainBuiltins[] = {"set",   "frozenset", "slice", "complex", "bytearray",
                                               "bytes", "object",    "dict",  "list",    "tuple",
                                               "int",   "float",     "str",   "bool",    "range"};

struct StorageType {
  std::string_view global;
  DType dtype;
};
constexpr StorageType kStorages[] = {{"torch FloatStorage", DType::kF32}, {"torch BFloat16Storage", DType::kBF16},
                                     {"torch HalfStorage", DType::kF16},  {"torch DoubleStorage", DType::kF64},
                                     {"torch LongStorage", DType::kI64},  {"torch IntStorage", DType::kI32},
                                     {"torch ShortStorage", DType::kI16}, {"torch CharStorage", DType::kI8},
                                     {"torch ByteStorage", DType::kU8},   {"torch BoolStorage", DType::kBool}};

// Opcodes that are refused, for the message.
std::string_view name_of_opcode(unsigned char op) {
  switch (op) {
    case '0':
      return "POP";
    case '1':
      return "POP_MARK";
    case '2':
      return "DUP";
    case 'B':
      return "BINBYTES";
    case 'C':
      return "SHORT_BINBYTES";
    case 'F':
      return "FLOAT";
    case 'I':
      return "INT";
    case 'L':
      return "LONG";
    case 'P':
      return "PERSID";
    case 'S':
      return "STRING";
    case 'T':
      return "BINSTRING";
    case 'U':
      return "SHORT_BINSTRING";
    case 'V':
      return "UNICODE";
    case 'd':
      return "DICT";
    case 'g':
      return "GET";
    case 'i':
      return "INST";
    case 'l':
      return "LIST";
    case 'o':
      return "OBJ";
    case 'p':
      return "PUT";
    case 0x82:
      return "EXT1";
    case 0x83:
      return "EXT2";
    case 0x84:
      return "EXT4";
    case 0x8b:
      return "LONG4";
    case 0x8c:
      return "SHORT_BINUNICODE";
    case 0x8d:
      return "BINUNICODE8";
    case 0x8e:
      return "BINBYTES8";
    case 0x8f:
      return "EMPTY_SET";
    case 0x90:
      return "ADDITEMS";
    case 0x91:
      return "FROZENSET";
    case 0x92:
      return "NEWOBJ_EX";
    case 0x93:
      return "STACK_GLOBAL";
    case 0x94:
      return "MEMOIZE";
    case 0x95:
      return "FRAME";
    default:
      return "unknown";
  }
}

// The same name with static lifetime, empty if it is not one of those that rebuild tensors.
std::string_view known_global(std::string_view name) {
  for (const std::string_view known :
       {kOrderedDict, kRebuildTensor, kRebuildParameter, kRebuildParameterWithState, kRebuildFromType})
    if (known == name) return known;
  const auto storage = std::ranges::find(kStorages, name, &StorageType::global);
  return storage == std::end(kStorages) ? std::string_view() : storage->global;
}

bool is_forbidden(std::string_view module, std::string_view name) {
  if (module == "builtins" || module == "__builtin__")
    return std::ranges::find(kPlainBuiltins, name) == std::end(kPlainBuiltins);
  const std::string_view package = module.substr(0, module.find('.'));
  return std::ranges::find(kForbiddenModules, package) != std::end(kForbiddenModules) || module == "torch.hub" ||
         module.starts_with("torch.utils.cpp_extension") || module == "numpy.testing._private.utils";
}

}  // namespace

class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, std::string_view source, Pickle* result)
      : bytes_(bytes.first(std::min(bytes.size(), kMaxPickle))), source_(source), result_(*result) {}

  void run() {
    do {
      op_at_ = at_;
    } while (!step(get<uint8_t>()));
    result_.size_ = at_;
  }

 private:
  Error fault(std::string_view what) const {
    return bad_input(kInPickle, "{}: pickle byte {}: {}", source_, op_at_, what);
  }
  Error refused(std::string_view what) const {
    return fault(
        fmt::format("{} is not accepted: only state dicts of tensors are read, and nothing is executed", what));
  }

  template <typename T>
  T get() {
    if (bytes_.size() - at_ < sizeof(T)) throw fault("the pickle ends too early: truncated, or above 4 MiB?");
    const T value = load_le<T>(bytes_, at_);
    at_ += sizeof(T);
    return value;
  }
  std::string_view get_text(size_t size) {
    if (bytes_.size() - at_ < size) throw fault("a text ends beyond the pickle: truncated?");
    at_ += size;
    return as_text(bytes_.subspan(at_ - size, size));
  }
  std::string_view get_line() {
    const std::string_view rest = as_text(bytes_.subspan(at_));
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) throw fault("an unterminated name: truncated?");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  void push(PickleValue value) { stack_.push_back(value); }
  void push_int(int64_t value) { push({.kind = Kind::kInt, .integer = value}); }
  PickleValue pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) throw fault("the stack is empty");
    const PickleValue value = stack_.back();
    stack_.pop_back();
    return value;
  }
  const PickleValue& top(Kind kind, std::string_view wanted) const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()) || stack_.back().kind != kind)
      throw fault(fmt::format("{} is missing on the stack", wanted));
    return stack_.back();
  }
  std::vector<PickleValue> pop_to_mark() {
    if (marks_.empty()) throw fault("a mark is missing");
    const auto begin = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<PickleValue> values(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return values;
  }
  std::vector<PickleValue> pop_last(size_t n) {
    std::vector<PickleValue> values(n);
    for (size_t i = n; i-- > 0;) values[i] = pop();
    return values;
  }
  void push_node(Kind kind, std::vector<PickleValue> items) {
    result_.nodes_.push_back(std::move(items));
    push({.kind = kind, .node = result_.nodes_.size() - 1});
  }
  void append(const PickleValue& container, std::span<const PickleValue> values) {
    auto& items = result_.nodes_[container.node];
    items.insert(items.end(), values.begin(), values.end());
  }

  void push_global() {
    const std::string_view module = get_line(), name = get_line();
    const std::string_view known = known_global(fmt::format("{} {}", module, name));
    if (!known.empty()) return push({.kind = Kind::kGlobal, .text = known});
    if (is_forbidden(module, name)) throw refused(fmt::format("global '{}.{}'", shown(module), shown(name)));
    push({.kind = Kind::kForeign, .text = {module.data(), module.size() + 1 + name.size()}});
  }
  void push_object(const PickleValue& maker) { push({.kind = Kind::kObject, .text = maker.text}); }
  // What takes the items that follow; null if they belong to an object and are dropped.
  const PickleValue* container(Kind kind, std::string_view wanted) const {
    const bool object = stack_.size() > (marks_.empty() ? 0 : marks_.back()) && stack_.back().kind == Kind::kObject;
    return object ? nullptr : &top(kind, wanted);
  }

  void remember(size_t slot) {
    if (stack_.empty()) throw fault("nothing to store");
    memo_[slot] = stack_.back();
  }
  void recall(size_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) throw fault(fmt::format("value {} was never stored", slot));
    push(found->second);
  }

  void reduce() {
    const PickleValue arguments = pop(), function = pop();
    if (function.kind == Kind::kForeign) return push_object(function);
    if (arguments.kind != Kind::kTuple || function.kind != Kind::kGlobal) throw refused("a call of something unknown");
    const auto items = std::span<const PickleValue>(result_.nodes_[arguments.node]);
    if (function.text == kOrderedDict) {
      if (!items.empty()) throw refused("an OrderedDict with arguments");
      push_node(Kind::kDict, {});
    } else if (function.text == kRebuildTensor) {
      push({.kind = Kind::kTensor, .node = arguments.node});
    } else if ((function.text == kRebuildParameter || function.text == kRebuildParameterWithState) && !items.empty() &&
               items[0].kind == Kind::kTensor) {
      push(items[0]);
    } else if (function.text == kRebuildFromType && items.size() == 4 && items[2].kind == Kind::kTuple) {
      rebuild_from_type(items[0], items[2]);
    } else {
      throw refused(fmt::format("a call of '{}' with these arguments", function.text));
    }
  }
  // A tensor that has attributes, as torch.nn.Buffer does: its function and its arguments, then class and attributes.
  void rebuild_from_type(const PickleValue& function, const PickleValue& arguments) {
    const auto items = std::span<const PickleValue>(result_.nodes_[arguments.node]);
    if (function.kind == Kind::kGlobal && function.text == kRebuildTensor)
      push({.kind = Kind::kTensor, .node = arguments.node});
    else if (function.kind == Kind::kGlobal && !items.empty() && items[0].kind == Kind::kTensor)
      push(items[0]);
    else
      push_object(function);
  }
  void new_object() {
    pop();  // its arguments
    const PickleValue maker = pop();
    if (maker.kind != Kind::kForeign) throw refused("opcode NEWOBJ (0x81)");
    push_object(maker);
  }
  // Attributes: of a dict torch's _metadata of module versions, of no use here; of an object whatever it holds.
  void build() {
    const PickleValue state = pop();
    if (stack_.size() > (marks_.empty() ? 0 : marks_.back()) && stack_.back().kind == Kind::kObject) return;
    if (state.kind != Kind::kDict) throw refused("BUILD of attributes");
    top(Kind::kDict, "a dict");
  }
  void persistent_id() {
    const PickleValue id = pop();
    if (id.kind != Kind::kTuple) throw refused("a persistent id that is not a storage");
    push({.kind = Kind::kStorage, .node = id.node});
    result_.storages_.push_back(stack_.back());
  }
  void push_long(size_t size) {
    const std::string_view digits = get_text(size);
    int64_t value = digits.empty() || !(digits.back() & 0x80) ? 0 : -1;  // two's complement, sign-extended
    for (size_t i = std::min<size_t>(size, 8); i-- > 0;) value = (value << 8) | static_cast<unsigned char>(digits[i]);
    push_int(value);  // wider ones occur only as the legacy container's magic number
  }

  // One opcode; true for STOP.
  bool step(unsigned char op) {
    switch (op) {
      case 0x80: {
        const int protocol = get<uint8_t>();
        if (protocol > 3) throw refused(fmt::format("protocol {}", protocol));
        break;
      }
      case 'N':
        push({});
        break;
      case 0x88:
        push({.kind = Kind::kBool, .integer = 1});
        break;
      case 0x89:
        push({.kind = Kind::kBool});
        break;
      case 'K':
        push_int(get<uint8_t>());
        break;
      case 'M':
        push_int(get<uint16_t>());
        break;
      case 'J':
        push_int(get<int32_t>());
        break;
      case 0x8a:
        push_long(get<uint8_t>());
        break;
      case 'G':
        get<uint64_t>();
        push({.kind = Kind::kFloat});
        break;
      case 'X':
        push({.kind = Kind::kText, .text = get_text(get<uint32_t>())});
        break;
      case 'c':
        push_global();
        break;
      case ')':
        push_node(Kind::kTuple, {});
        break;
      case ']':
        push_node(Kind::kList, {});
        break;
      case '}':
        push_node(Kind::kDict, {});
        break;
      case '(':
        marks_.push_back(stack_.size());
        break;
      case 't':
        push_node(Kind::kTuple, pop_to_mark());
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push_node(Kind::kTuple, pop_last(op - 0x84u));
        break;
      case 'a': {
        const PickleValue value = pop();
        if (const auto* list = container(Kind::kList, "a list")) append(*list, {&value, 1});
        break;
      }
      case 'e': {
        const auto values = pop_to_mark();
        if (const auto* list = container(Kind::kList, "a list")) append(*list, values);
        break;
      }
      case 's': {
        const auto pair = pop_last(2);
        if (const auto* dict = container(Kind::kDict, "a dict")) append(*dict, pair);
        break;
      }
      case 'u': {
        const auto pairs = pop_to_mark();
        if (pairs.size() % 2 != 0) throw fault("a key without a value");
        if (const auto* dict = container(Kind::kDict, "a dict")) append(*dict, pairs);
        break;
      }
      case 'b':
        build();
        break;
      case 0x81:
        new_object();
        break;
      case 'q':
        remember(get<uint8_t>());
        break;
      case 'r':
        remember(get<uint32_t>());
        break;
      case 'h':
        recall(get<uint8_t>());
        break;
      case 'j':
        recall(get<uint32_t>());
        break;
      case 'Q':
        persistent_id();
        break;
      case 'R':
        reduce();
        break;
      case '.':
        result_.root_ = pop();
        return true;
      default:
        throw refused(fmt::format("opcode {} (0x{:02x})", name_of_opcode(op), op));
    }
    return false;
  }

  std::span<const std::byte> bytes_;
  std::string_view source_;
  Pickle& result_;
  size_t at_ = 0, op_at_ = 0;
  std::vector<PickleValue> stack_;
  std::vector<size_t> marks_;  // stack sizes
  std::unordered_map<size_t, PickleValue> memo_;
};

Pickle::Pickle(std::span<const std::byte> bytes, std::string_view source) { PickleMachine(bytes, source, this).run(); }

std::string class_name(const PickleValue& value) {
  std::string name(value.text);
  std::ranges::replace(name, '\n', '.');
  std::ranges::replace(name, ' ', '.');
  return name;
}

std::string_view storage_global(DType dtype) {
  const auto found = std::ranges::find(kStorages, dtype, &StorageType::dtype);
  return found == std::end(kStorages) ? std::string_view() : found->global;
}

PickledStorage describe_storage(const Pickle& pickle, const PickleValue& storage, std::string_view source) {
  const auto id = pickle.items(storage);  // 'storage', type, key, location, elements
  if (id.size() < 5 || id[0].text != "storage" || id[1].kind != Kind::kGlobal || id[2].kind != Kind::kText ||
      id[4].kind != Kind::kInt || id[4].integer < 0 || (id.size() > 5 && id[5].kind != Kind::kNone))
    throw bad_input(kInPickle, "{}: a storage is not described as torch.save does", source);
  const auto type = std::ranges::find(kStorages, id[1].text, &StorageType::global);
  if (type == std::end(kStorages)) throw bad_input(kInPickle, "{}: a storage of type '{}'", source, id[1].text);
  return {.key = id[2].text, .dtype = type->dtype, .elements = id[4].integer};
}

PickledTensor describe_tensor(const Pickle& pickle, const PickleValue& tensor, std::string_view source) {
  const auto require = [&](bool held, std::string_view what) {
    if (!held) throw bad_input(kInPickle, "{}: a tensor has {}", source, what);
  };
  const auto numbers = [&](const PickleValue& tuple, std::string_view what) {
    require(tuple.kind == Kind::kTuple, what);
    Shape values;
    for (const PickleValue& item : pickle.items(tuple)) {
      require(item.kind == Kind::kInt && item.integer >= 0, what);
      values.push_back(item.integer);
    }
    return values;
  };
  const auto arguments = pickle.items(tensor);  // storage, offset, shape, strides, requires_grad, hooks
  require(arguments.size() >= 4 && arguments[0].kind == Kind::kStorage, "no storage");
  require(arguments[1].kind == Kind::kInt && arguments[1].integer >= 0, "a faulty offset");
  PickledTensor result{.storage = describe_storage(pickle, arguments[0], source),
                       .offset = arguments[1].integer,
                       .shape = numbers(arguments[2], "a faulty shape"),
                       .strides = numbers(arguments[3], "faulty strides")};
  require(result.shape.size() == result.strides.size() && result.shape.size() <= 64,
          "a shape that does not fit its strides");
  return result;
}

}  // namespace hrm
