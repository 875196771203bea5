#include "training/collective.h"

#include <cstring>

#include "base/error.h"

namespace hrm::training {
namespace {

constexpr char kResult = '+', kBadInput = '2', kFailure = '1';

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

HostTensor tensor_of(DType dtype, Shape shape, std::string_view bytes) {
  HostTensor tensor(dtype, std::move(shape));
  if (tensor.bytes().size() != bytes.size())
    throw failure("training.Collective", "a tensor of {} bytes came with {}: other programs among the processes?",
                  tensor.bytes().size(), bytes.size());
  if (!bytes.empty()) std::memcpy(tensor.bytes().data(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

Collective& or_alone(Collective* processes) {
  static SingleProcess alone;
  return processes ? *processes : alone;
}

std::string from_root(Collective& all, const std::function<std::string()>& work) {
  if (all.size() == 1) return work();
  if (!all.is_root()) {
    std::string result;
    all.broadcast(result);
    if (result.front() == kResult) return result.substr(1);
    const size_t end = result.find('\n');
    throw Error(result.front() == kBadInput ? Fault::kBadInput : Fault::kFailure, result.substr(1, end - 1),
                result.substr(end + 1));
  }
  std::string result;
  try {
    result = kResult + work();
  } catch (const Error& error) {
    std::string fault = fmt::format("{}{}\n{}", error.fault() == Fault::kBadInput ? kBadInput : kFailure, error.where(),
                                    error.message());
    all.broadcast(fault);
    throw;
  }
  all.broadcast(result);
  return result.substr(1);
}

Json json_from_root(Collective& all, const std::function<Json()>& work) {
  if (all.size() == 1) return work();
  // As CBOR: numbers keep their bits, texts that are not UTF-8 their bytes.
  const std::string bytes = from_root(all, [&] {
    std::string packed;
    Json::to_cbor(work(), packed);
    return packed;
  });
  return Json::from_cbor(bytes);
}

void on_root(Collective& all, const std::function<void()>& work) {
  from_root(all, [&] {
    work();
    return std::string();
  });
}

NamedTensors tensors_from_root(Collective& all, NamedTensors tensors) {
  if (all.size() == 1) return tensors;
  const Json list = json_from_root(all, [&] {
    Json entries = Json::array();
    for (const auto& [name, tensor] : tensors)
      entries.push_back({name, static_cast<int>(tensor.dtype()), tensor.shape()});
    return entries;
  });
  NamedTensors received;
  for (const Json& entry : list) {  // one by one: no second copy of the whole
    const auto name = entry[0].get<std::string>();
    std::string bytes;
    if (all.is_root()) bytes = text_of(tensors.at(name).bytes());
    all.broadcast(bytes);
    if (!all.is_root())
      received.emplace(name, tensor_of(static_cast<DType>(entry[1].get<int>()), entry[2].get<Shape>(), bytes));
  }
  return all.is_root() ? std::move(tensors) : std::move(received);
}

NamedTensors rows_to_root(Collective& all, NamedTensors tensors) {
  if (all.size() == 1) return tensors;
  NamedTensors together;
  for (const auto& [name, tensor] : tensors) {
    std::string bytes;
    for (const std::string& part : all.gather(text_of(tensor.bytes()), Collective::To::kRoot)) bytes += part;
    if (!all.is_root()) continue;
    Shape shape = tensor.shape();
    size_t row = size_of(tensor.dtype());
    for (size_t i = 1; i < shape.size(); ++i) row *= static_cast<size_t>(shape[i]);
    shape.front() = static_cast<int64_t>(bytes.size() / row);
    together.emplace(name, tensor_of(tensor.dtype(), std::move(shape), bytes));
  }
  return together;
}

NamedTensors take_rows(const NamedTensors& tensors, size_t begin, size_t end) {
  NamedTensors taken;
  for (const auto& [name, tensor] : tensors) {
    Shape shape = tensor.shape();
    if (shape.empty() || static_cast<size_t>(shape.front()) < end)
      throw bad_input("training.take_rows", "tensor '{}' has shape {}, {} rows are needed: another batch size?", name,
                      to_string(shape), end);
    const size_t row = tensor.bytes().size() / static_cast<size_t>(shape.front());
    shape.front() = static_cast<int64_t>(end - begin);
    taken.emplace(name, tensor_of(tensor.dtype(), std::move(shape),
                                  text_of(tensor.bytes().subspan(begin * row, (end - begin) * row))));
  }
  return taken;
}

Share share_of(const Collective& all, size_t count) {
  return {count * all.rank() / all.size(), count * (all.rank() + 1) / all.size()};
}

}  // namespace hrm::training
