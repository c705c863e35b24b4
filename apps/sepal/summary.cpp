#include "apps/sepal/summary.h"

#include <nlohmann/json.hpp>

#include "apps/sepal/model_file.h"

namespace sepal::program {
namespace {

std::int64_t elements_of(const Variables& variables) {
  std::int64_t elements = 0;
  for (const Variable& variable : variables) elements += variable.num_elements();
  return elements;
}

Json describe(const Layer& layer) {
  Json described = {{"name", layer.name()}, {"class_name", layer.class_name()}};
  Json shapes = Json::array();
  if (!layer.calls().empty()) {
    for (const auto& output : layer.calls().back().outputs) shapes.push_back(shape_to_json(output->shape));
  }
  described["output_shapes"] = std::move(shapes);
  described["params"] = elements_of(layer.weights());
  described["trainable_params"] = elements_of(layer.trainable_weights());
  if (const auto* model = dynamic_cast<const ModelBase*>(&layer)) {
    Json layers = Json::array();
    for (const Ref<Layer>& inner : model->layers()) layers.push_back(describe(*inner));
    described["layers"] = std::move(layers);
  }
  return described;
}

}  // namespace

int summary(const SummaryArguments& arguments, const GlobalArguments& global) {
  const Model model = read_model(arguments.model, Compile::as_saved);
  if (!global.json) {
    // Keras ends the table with an empty line.
    say(model->summary(arguments.options) + "\n");
    return kOk;
  }
  Json described = describe(*model);
  described["optimizer_params"] = elements_of(model->optimizer_variables());
  say_json(described);
  return kOk;
}

}  // namespace sepal::program
