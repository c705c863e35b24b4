#include "apps/sepal/model_file.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/data/npy.h"
#include "sepal/ops/elementwise.h"
#include "sepal/saving/json_limits.h"
#include "sepal/saving/load_model.h"

namespace sepal::program {
namespace {

bool begins_as_json(const std::string& path) {
  const InputFile file(path);
  std::vector<std::byte> begin(std::min<std::uint64_t>(file.size(), 64));
  file.read(0, begin);
  for (const std::byte byte : begin) {
    const char c = static_cast<char>(byte);
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return c == '{';
  }
  return false;
}

}  // namespace

Model read_model(const std::string& path, Compile compile) {
  if (!begins_as_json(path)) return load_model(path, {.compile = compile == Compile::as_saved});
  const std::vector<std::byte> bytes = read_file(path, kMostJsonBytes);
  try {
    return model_from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const Error& error) {
    throw ValueError(fmt::format("'{}': {}", path, error.what()));
  }
}

Tensors read_arrays(const std::vector<std::string>& paths) {
  Tensors arrays;
  for (const std::string& path : paths) arrays.push_back(read_npy(path));
  return arrays;
}

void expect_inputs(const Model& model, std::size_t count) {
  const KerasTensors wanted = model->inputs();
  if (wanted.empty() || wanted.size() == count) return;
  std::string names;
  for (const KerasTensor& input : wanted) {
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", input.name(), input.shape().str());
  }
  throw ValueError(fmt::format("Model '{}' takes {} input(s): {}. Received: {} array(s)", model->name(),
                               wanted.size(), names, count));
}

Tensors run_model(const Model& model, const Tensors& inputs, PredictOptions options) {
  expect_inputs(model, inputs.size());
  // Whole numbers become what the input is made for, as in Keras.
  Tensors converted = inputs;
  const KerasTensors wanted = model->inputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!is_floating(converted[i].dtype())) converted[i] = ops::cast(converted[i], wanted[i].dtype());
  }
  return model->predict_all(converted, options);
}

}  // namespace sepal::program
