#include "sepal/saving/compare_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "sepal/base/error.h"
#include "sepal/models/activations.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

// Sums of a few thousand products of 24 bits, one layer after another; 11 and 8 bits.
constexpr double kTolerance = 1e-5;
constexpr double kFloat16Tolerance = 1e-2;
constexpr double kBfloat16Tolerance = 5e-2;

// The coarsest dtype that a value passes through decides, whatever comes after it.
double tolerance_for(const std::vector<Activation>& calls, const CompareOptions& options) {
  double tolerance = kTolerance;
  for (const Activation& call : calls) {
    for (const Tensor& output : call.outputs) {
      if (output.dtype() == DType::float16) tolerance = std::max(tolerance, kFloat16Tolerance);
      if (output.dtype() == DType::bfloat16) tolerance = std::max(tolerance, kBfloat16Tolerance);
    }
  }
  return options.tolerance.value_or(tolerance);
}

ComparedArray compared(const Tensor& got, const Tensor& want, double tolerance) {
  const Distance apart = distance_to_scale(got, want, tolerance);
  return {apart, describe(apart, got, want)};
}

// NaN and another shape are as far away as anything can be.
double badness(const Distance& distance) { return distance.same_shape ? distance.relative() : HUGE_VAL; }

// Keeps the worse of two; the first one at a tie.
void keep_worse(std::optional<ComparedArray>& worst, ComparedArray candidate) {
  if (!worst || badness(candidate.distance) > badness(worst->distance)) worst = std::move(candidate);
}

ComparedArray unequal_count(const char* what, std::size_t got, std::size_t want) {
  return {{.same_shape = false}, fmt::format("{} {}, expected {}", got, what, want)};
}

std::optional<ComparedArray> compare_weights(const Layer& got, const Layer& want, double tolerance) {
  // The layers of a nested model have rows of their own.
  if (dynamic_cast<const ModelBase*>(&want) != nullptr) return std::nullopt;
  const Variables left = got.weights();
  const Variables right = want.weights();
  if (left.size() != right.size()) return unequal_count("weights", left.size(), right.size());
  std::optional<ComparedArray> worst;
  for (std::size_t i = 0; i < left.size(); ++i) {
    ComparedArray weight = compared(left[i].value(), right[i].value(), tolerance);
    if (badness(weight.distance) > 0.0) weight.text = fmt::format("'{}': {}", right[i].name(), weight.text);
    keep_worse(worst, std::move(weight));
  }
  return worst;
}

std::optional<ComparedArray> compare_tensors(const Tensors& got, const Tensors& want, double tolerance) {
  if (got.size() != want.size()) return unequal_count("outputs", got.size(), want.size());
  std::optional<ComparedArray> worst;
  for (std::size_t i = 0; i < got.size(); ++i) keep_worse(worst, compared(got[i], want[i], tolerance));
  return worst;
}

void add_outputs(const Tensors& got, const Tensors& want, double tolerance, Comparison& comparison) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    comparison.layers.push_back({.name = fmt::format("output {}", i),
                                 .class_name = {},
                                 .output = compared(got[i], want[i], tolerance)});
  }
}

using CallsByPath = std::map<std::string, const Activation*>;

CallsByPath by_path(const std::vector<Activation>& calls) {
  CallsByPath found;
  for (const Activation& call : calls) found[call.path] = &call;
  return found;
}

bool same_names(const CallsByPath& a, const CallsByPath& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& left, const auto& right) { return left.first == right.first; });
}

bool same_classes(const std::vector<Activation>& a, const std::vector<Activation>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Activation& left, const Activation& right) {
                      return left.layer->class_name() == right.layer->class_name();
                    });
}

ComparedLayer missing_layer(const Activation& call, const char* from) {
  return {.name = call.path,
          .class_name = call.layer->class_name(),
          .missing = fmt::format("the {} model has no such layer", from)};
}

// The output of a layer from the recording: its name, and behind '#' which of several outputs.
std::string output_name(const Activation& call, std::size_t output) {
  return output == 0 ? call.path : fmt::format("{}#{}", call.path, output);
}

void expect_known_layers(const std::vector<Activation>& calls, const Recording& recording) {
  std::set<std::string> known;
  for (const Activation& call : calls) {
    for (std::size_t i = 0; i < call.outputs.size(); ++i) known.insert(output_name(call, i));
  }
  for (const auto& [name, array] : recording.layers) {
    if (known.contains(name)) continue;
    std::string names;
    for (const Activation& call : calls) names += (names.empty() ? "" : ", ") + call.path;
    throw ValueError(fmt::format("'{}': '{}' is no layer of the model. Its layers: {}", recording.path,
                                 printable(name), printable(names, 2000)));
  }
}

}  // namespace

bool ComparedLayer::same() const {
  return missing.empty() && (!weights || weights->distance.within()) &&
         (!output || output->distance.within());
}

const ComparedLayer* Comparison::first_difference() const {
  const auto found =
      std::find_if(layers.begin(), layers.end(), [](const ComparedLayer& layer) { return !layer.same(); });
  return found == layers.end() ? nullptr : &*found;
}

std::string Comparison::describe_first() const {
  const ComparedLayer* first = first_difference();
  if (first == nullptr) return "no layer differs";
  std::string text = first->name;
  if (!first->class_name.empty()) text += fmt::format(" ({})", first->class_name);
  if (!first->missing.empty()) return fmt::format("{}: {}", text, first->missing);
  const char* separator = ": ";
  for (const auto& [what, array] : {std::pair{"weight ", &first->weights}, {"output: ", &first->output}}) {
    if (!*array || (*array)->distance.within()) continue;
    text += separator + (what + (*array)->text);
    separator = "; ";
  }
  return text;
}

Comparison compare_models(const Model& model, const Model& reference, const Tensors& inputs,
                          const CompareOptions& options) {
  const std::vector<Activation> got = activations(model, inputs);
  const std::vector<Activation> want = activations(reference, inputs);
  const double tolerance = std::max(tolerance_for(got, options), tolerance_for(want, options));
  const CallsByPath got_calls = by_path(got);
  const CallsByPath want_calls = by_path(want);
  const bool by_order = !same_names(got_calls, want_calls) && same_classes(got, want);

  Comparison comparison{.layers = {}, .tolerance = tolerance};
  std::set<const Layer*> weighed;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto found = got_calls.find(want[i].path);
    if (!by_order && found == got_calls.end()) {
      comparison.layers.push_back(missing_layer(want[i], "first"));
      continue;
    }
    const Activation& counterpart = by_order ? got[i] : *found->second;
    ComparedLayer layer{.name = want[i].path, .class_name = want[i].layer->class_name()};
    if (by_order && counterpart.path != want[i].path) layer.name = counterpart.path + " | " + want[i].path;
    if (weighed.insert(want[i].layer.shared().get()).second) {
      layer.weights = compare_weights(*counterpart.layer, *want[i].layer, tolerance);
    }
    layer.output = compare_tensors(counterpart.outputs, want[i].outputs, tolerance);
    comparison.layers.push_back(std::move(layer));
  }
  for (const Activation& call : got) {
    if (!by_order && !want_calls.contains(call.path))
      comparison.layers.push_back(missing_layer(call, "second"));
  }
  // By the way that `predict` takes, which may fuse layers.
  const Tensors got_outputs = model->predict_on_batch(inputs);
  const Tensors want_outputs = reference->predict_on_batch(inputs);
  if (got_outputs.size() == want_outputs.size()) {
    add_outputs(got_outputs, want_outputs, tolerance, comparison);
  } else {
    comparison.layers.push_back(
        {.name = "outputs",
         .class_name = {},
         .output = unequal_count("outputs", got_outputs.size(), want_outputs.size())});
  }
  return comparison;
}

Comparison compare_with_recording(const Model& model, const Recording& recording,
                                  const CompareOptions& options) {
  if (recording.inputs.empty()) {
    throw ValueError(fmt::format("'{}' holds no inputs: expected an array 'input_0'", recording.path));
  }
  const std::vector<Activation> calls = activations(model, recording.inputs);
  expect_known_layers(calls, recording);
  const double tolerance = tolerance_for(calls, options);
  Comparison comparison{.layers = {}, .tolerance = tolerance};
  for (const Activation& call : calls) {
    ComparedLayer layer{.name = call.path, .class_name = call.layer->class_name()};
    for (std::size_t i = 0; i < call.outputs.size(); ++i) {
      const auto found = recording.layers.find(output_name(call, i));
      if (found != recording.layers.end()) {
        keep_worse(layer.output, compared(call.outputs[i], found->second, tolerance));
      }
    }
    if (layer.output) comparison.layers.push_back(std::move(layer));
  }
  if (recording.outputs.empty()) return comparison;
  // By the way that `predict` takes, which may fuse layers.
  const Tensors outputs = model->predict_on_batch(recording.inputs);
  if (outputs.size() != recording.outputs.size()) {
    throw ValueError(fmt::format("'{}' holds {} output(s), model '{}' has {}", recording.path,
                                 recording.outputs.size(), model->name(), outputs.size()));
  }
  add_outputs(outputs, recording.outputs, tolerance, comparison);
  return comparison;
}

}  // namespace sepal
