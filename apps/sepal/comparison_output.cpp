#include "apps/sepal/comparison_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/saving/printable.h"

namespace sepal::program {
namespace {

Json array_to_json(const std::optional<ComparedArray>& array) {
  if (!array) return nullptr;
  const Distance& distance = array->distance;
  return {{"within", distance.within()},
          {"same_shape", distance.same_shape},
          {"largest_difference", distance.absolute},
          {"relative_to_scale", distance.relative()},
          {"elements_beyond", distance.beyond},
          {"text", array->text}};
}

// The difference as a share of the scale.
std::string cell(const std::optional<ComparedArray>& array) {
  if (!array) return "";
  if (!array->distance.same_shape) return "shape";
  return array->distance.absolute == 0.0 ? "same" : fmt::format("{:.1e}", array->distance.relative());
}

// Models' results have no class.
bool is_model_output(const ComparedLayer& layer) { return layer.class_name.empty(); }

double largest_of(const Comparison& comparison) {
  double largest = 0.0;
  for (const ComparedLayer& layer : comparison.layers) {
    if (layer.weights) largest = std::max(largest, layer.weights->distance.relative());
    if (layer.output) largest = std::max(largest, layer.output->distance.relative());
  }
  return largest;
}

std::string verdict(const Comparison& comparison) {
  if (comparison.first_difference() != nullptr) {
    return fmt::format("The first layer that differs: {}\n", printable(comparison.describe_first(), 2000));
  }
  return fmt::format("No layer differs: at most {:.1e} of the scale, tolerance {:.0e}\n",
                     largest_of(comparison), comparison.tolerance);
}

}  // namespace

Json to_json(const Comparison& comparison) {
  Json layers = Json::array();
  for (const ComparedLayer& layer : comparison.layers) {
    Json row = {{"name", layer.name},
                {"class_name", layer.class_name},
                {"same", layer.same()},
                {"weights", array_to_json(layer.weights)},
                {"output", array_to_json(layer.output)}};
    if (!layer.missing.empty()) row["missing"] = layer.missing;
    layers.push_back(std::move(row));
  }
  const ComparedLayer* first = comparison.first_difference();
  return {{"same", first == nullptr},
          {"first_difference", first == nullptr ? Json(nullptr) : Json(first->name)},
          {"tolerance", comparison.tolerance},
          {"layers", std::move(layers)}};
}

std::string describe_layers(const Comparison& comparison) {
  std::size_t name_width = 5;
  std::size_t class_width = 5;
  for (const ComparedLayer& layer : comparison.layers) {
    name_width = std::max(name_width, printable(layer.name).size());
    class_width = std::max(class_width, printable(layer.class_name).size());
  }
  const auto line = [&](const std::string& name, const std::string& class_name, const std::string& weights,
                        const std::string& output, const std::string& note) {
    std::string text = fmt::format("{:<{}}  {:<{}}  {:<7}  {:<7}  {}", printable(name), name_width,
                                   printable(class_name), class_width, weights, output, note);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string table = line("layer", "class", "weights", "output", "");
  for (const ComparedLayer& layer : comparison.layers) {
    const std::string note = !layer.missing.empty() ? layer.missing : layer.same() ? "" : "DIFFERENT";
    table += line(layer.name, layer.class_name, cell(layer.weights), cell(layer.output), note);
  }
  return table + verdict(comparison);
}

std::string describe_outputs(const Comparison& comparison) {
  std::string text;
  std::size_t layers = 0;
  for (const ComparedLayer& layer : comparison.layers) {
    if (is_model_output(layer)) {
      text += fmt::format("{}: {}: {}\n", layer.name, layer.same() ? "ok" : "DIFFERENT", layer.output->text);
    } else {
      ++layers;
    }
  }
  return layers > 0 ? text + fmt::format("{} layers compared. ", layers) + verdict(comparison) : text;
}

}  // namespace sepal::program
