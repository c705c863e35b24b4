#include "sepal/autodiff/gradient_tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "sepal/base/error.h"
#include "sepal/base/parallel.h"

namespace sepal {
namespace {

thread_local std::vector<GradientTape*> active_tapes;

// Adds b to a in place where nothing else sees a. Not recorded: see `accumulate`.
template <class T>
Tensor sum_in_place(Tensor a, const Tensor& b) {
  T* out = a.mutable_data<T>();
  const T* in = b.data<T>();
  constexpr std::int64_t kGrain = 1 << 14;  // elements worth a thread
  parallel_for(a.num_elements(), kGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) out[i] += in[i];
  });
  return a;
}

Tensor sum_of(Tensor a, const Tensor& b) {
  const DType dtype = b.dtype();
  if (dtype == DType::float64) return sum_in_place<double>(std::move(a), b);
  if (dtype == DType::float32) return sum_in_place<float>(std::move(a), b);
  return sum_in_place<float>(a.astype(DType::float32), b.astype(DType::float32)).astype(dtype);
}

// The sum of two gradients of one tensor, itself recorded, so that second derivatives see it.
Tensor accumulate(Tensor a, const Tensor& b) {
  const bool recording = GradientTape::is_recording({a, b});
  const Tensors inputs = recording ? Tensors{a, b} : Tensors{};
  Tensor sum = sum_of(std::move(a), b);
  if (recording) {
    GradientTape::record("add", inputs, {sum}, [](const Tensors& g) { return Tensors{g[0], g[0]}; });
  }
  return sum;
}

}  // namespace

GradientTape::GradientTape(GradientTapeOptions options) : persistent_(options.persistent) {
  active_tapes.push_back(this);
}

GradientTape::~GradientTape() { std::erase(active_tapes, this); }

GradientTape::Pause::Pause() { tapes_.swap(active_tapes); }
GradientTape::Pause::~Pause() { tapes_.swap(active_tapes); }

void GradientTape::watch(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) {
    throw TypeError(fmt::format("GradientTape.watch expects a float tensor. Received: dtype={}",
                                name_of(tensor.dtype())));
  }
  watched_.insert(tensor.id());
}

void GradientTape::watch_everywhere(const Tensor& tensor) {
  for (GradientTape* tape : active_tapes) tape->watched_.insert(tensor.id());
}

bool GradientTape::is_recording(std::span<const Tensor> inputs) {
  if (active_tapes.empty()) return false;
  return std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) {
    return std::any_of(active_tapes.begin(), active_tapes.end(),
                       [&](const GradientTape* tape) { return tape->is_watching(input); });
  });
}

bool GradientTape::is_recording(std::initializer_list<std::reference_wrapper<const Tensor>> inputs) {
  if (active_tapes.empty()) return false;
  return std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) {
    return std::any_of(active_tapes.begin(), active_tapes.end(),
                       [&](const GradientTape* tape) { return tape->is_watching(input); });
  });
}

void GradientTape::record(const char* op, const Tensors& inputs, const Tensors& outputs, Backward backward) {
  for (GradientTape* tape : active_tapes) {
    const bool follows = std::any_of(inputs.begin(), inputs.end(),
                                     [&](const Tensor& input) { return tape->is_watching(input); });
    if (!follows) continue;
    Record entry{op, {}, {}, backward};
    for (const Tensor& input : inputs) entry.inputs.push_back(input.id());
    for (const Tensor& output : outputs) {
      entry.outputs.push_back(output.id());
      tape->watched_.insert(output.id());
    }
    tape->records_.push_back(std::move(entry));
  }
}

void GradientTape::record_not_differentiable(const char* op, const Tensors& inputs, const Tensors& outputs) {
  record(op, inputs, outputs, [op](const Tensors&) -> Tensors {
    throw RuntimeError(
        fmt::format("The derivative of `{}` is not implemented: a second derivative that passes "
                    "through it cannot be taken.",
                    op));
  });
}

Tensors GradientTape::gradient(const Tensor& target, const Tensors& sources, const Tensor& output_gradient) {
  if (output_gradient.defined() && output_gradient.shape() != target.shape()) {
    throw ValueError(fmt::format("`output_gradient` must have the target's shape {}. Received: shape={}",
                                 target.shape().str(), output_gradient.shape().str()));
  }
  if (used_ && !persistent_) {
    throw RuntimeError("A non-persistent GradientTape can only be used to compute one set of gradients.");
  }
  used_ = true;
  // What runs from here on must not be recorded on this tape, only on tapes around it.
  std::vector<GradientTape*> others = active_tapes;
  std::erase(others, this);
  others.swap(active_tapes);
  struct Restore {
    std::vector<GradientTape*>& tapes;
    ~Restore() { tapes.swap(active_tapes); }
  } restore{others};

  std::unordered_map<std::uint64_t, Tensor> gradients;
  gradients[target.id()] =
      output_gradient.defined() ? output_gradient : Tensor::ones(target.shape(), target.dtype());
  std::unordered_set<std::uint64_t> wanted;
  for (const Tensor& source : sources) wanted.insert(source.id());

  for (std::size_t i = records_.size(); i-- > 0;) {
    Record& record = records_[i];
    Tensors output_gradients;
    bool reached = false;
    for (const std::uint64_t id : record.outputs) {
      const auto found = gradients.find(id);
      Tensor gradient;
      if (found != gradients.end()) {
        reached = true;
        gradient = found->second;
        // An output is written once, so its gradient is complete and no earlier record reads it.
        if (!wanted.contains(id)) gradients.erase(found);
      }
      output_gradients.push_back(std::move(gradient));
    }
    if (reached) {
      Tensors input_gradients = record.backward(output_gradients);
      for (std::size_t k = 0; k < record.inputs.size(); ++k) {
        if (k >= input_gradients.size() || !input_gradients[k].defined()) continue;
        if (!watched_.contains(record.inputs[k])) continue;
        auto [slot, is_new] = gradients.try_emplace(record.inputs[k]);
        if (is_new) {
          slot->second = std::move(input_gradients[k]);
        } else {
          slot->second = accumulate(std::move(slot->second), input_gradients[k]);
        }
      }
    }
    if (!persistent_) records_.pop_back();
  }

  Tensors result;
  for (const Tensor& source : sources) {
    const auto found = gradients.find(source.id());
    result.push_back(found != gradients.end() ? found->second
                                              : Tensor::zeros(source.shape(), source.dtype()));
  }
  return result;
}

}  // namespace sepal
