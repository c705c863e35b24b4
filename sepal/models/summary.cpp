// The table that Keras's `summary` prints.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sepal/base/error.h"
#include "sepal/graph/node.h"
#include "sepal/graph/topology.h"
#include "sepal/models/model.h"
#include "sepal/models/table.h"

namespace sepal {
namespace {

std::string with_commas(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string readable_bytes(double bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.2f} {}", bytes, kUnits[unit]);
}

struct Total {
  std::int64_t count = 0;
  double bytes = 0;

  void add(const Variable& variable) {
    const std::int64_t elements = variable.shape().num_elements();
    count += elements;
    bytes += static_cast<double>(elements) * static_cast<double>(size_of(variable.dtype()));
  }
  std::string str() const { return fmt::format("{} ({})", with_commas(count), readable_bytes(bytes)); }
};

Total total_of(const std::vector<Variable>& variables) {
  Total total;
  for (const Variable& variable : variables) total.add(variable);
  return total;
}

// Whether the calls form one chain without shared layers: then there is nothing to say about connections.
bool is_chain(const Topology& topology) {
  std::set<int> depths;
  std::set<const Operation*> called;
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    const Node& node = *topology.nodes[i];
    if (!depths.insert(topology.depths[i]).second) return false;
    if (node.inputs().size() > 1 || !called.insert(node.operation().get()).second) return false;
  }
  return true;
}

// Column widths as rich.table.Table finds them: a column wants its share of the line and two spaces of
// padding, and what is too much is taken off evenly, half counts rounded to even.
std::vector<int> column_widths(const std::vector<double>& positions, int line_length) {
  std::vector<int> widths;
  int current = 0;
  for (const double position : positions) {
    const int width = static_cast<int>(position * line_length) - current;
    if (width < 4) throw ValueError("Insufficient console width to print summary.");
    widths.push_back(width + 2);
    current += width;
  }
  int total = 0;
  for (const int width : widths) total += width;
  int excess = total - (line_length - static_cast<int>(widths.size()) - 1);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto columns_left = static_cast<double>(widths.size() - i);
    const int taken =
        std::max(0, std::min(widths[i], static_cast<int>(std::nearbyint(excess / columns_left))));
    widths[i] -= taken;
    excess -= taken;
  }
  for (int& width : widths) width -= 2;
  return widths;
}

// As Python writes a tuple, but for the comma behind an only axis.
std::string shape_in_table(const Shape& shape) {
  std::string text = shape.str();
  if (shape.rank() == 1) std::erase(text, ',');
  return text;
}

std::string output_shape_text(const Layer& layer) {
  if (layer.calls().empty()) return "?";
  const CallRecord& call = layer.calls().back();
  if (call.outputs.size() == 1) return shape_in_table(call.outputs[0]->shape);
  std::string text = "[";
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    text += (i > 0 ? ", " : "") + shape_in_table(call.outputs[i]->shape);
  }
  return text + "]";
}

std::string connections_text(const Operation& operation, const Topology& topology) {
  // In the order of the layer's own calls.
  std::map<int, const Node*> nodes;
  for (const auto& node : topology.nodes) {
    if (node->operation().get() == &operation) nodes[node->index()] = node.get();
  }
  std::string text;
  for (const auto& [index, node] : nodes) {
    for (const KerasTensor& input : node->inputs()) {
      text += fmt::format("{}{}[{}][{}]", text.empty() ? "" : ", ", input.node()->operation()->name(),
                          input.node()->index(), input.tensor_index());
    }
  }
  return text.empty() ? "-" : text;
}

struct Summary {
  const SummaryOptions& options;
  const Topology* topology;  // nullptr: no column of connections
  std::vector<std::vector<std::string>> rows = {};

  void add(const Layer& layer, int level) {
    std::string name;
    for (int i = 0; i < level; ++i) name += "   ";
    if (level > 0) name += "└ ";
    const std::string parameters = layer.built()             ? with_commas(layer.count_params())
                                   : layer.weights().empty() ? std::string("0")
                                                             : std::string("0 (unbuilt)");
    std::vector<std::string> row{fmt::format("{}{} ({})", name, layer.name(), layer.class_name()),
                                 output_shape_text(layer), parameters};
    if (topology != nullptr) row.push_back(connections_text(layer, *topology));
    if (options.show_trainable)
      row.emplace_back(layer.weights().empty() ? "-" : layer.trainable() ? "Y" : "N");
    rows.push_back(std::move(row));
    if (!options.expand_nested) return;
    if (const auto* nested = dynamic_cast<const ModelBase*>(&layer)) {
      for (const Ref<Layer>& inner : nested->layers()) add(*inner, level + 1);
    }
  }
};

}  // namespace

std::string ModelBase::summary(SummaryOptions options) const {
  if (!built()) {
    throw ValueError(fmt::format(
        "Model '{}' has not yet been built: call it on data, or begin it with an Input.", name()));
  }
  const auto* functional = dynamic_cast<const FunctionalModel*>(this);
  const bool connected = functional != nullptr && !is_chain(functional->topology());
  std::vector<double> positions =
      connected ? std::vector<double>{0.3, 0.56, 0.74, 1.0} : std::vector<double>{0.45, 0.80, 1.0};
  std::vector<TableColumn> columns{{"Layer (type)", Alignment::left, 0},
                                   {"Output Shape", Alignment::left, 0},
                                   {"Param #", Alignment::right, 0}};
  if (connected) columns.push_back({"Connected to", Alignment::left, 0});
  int line_length = connected ? 108 : 88;
  if (options.show_trainable) {
    line_length += 12;
    for (double& position : positions) position *= 0.90;
    positions.push_back(1.0);
    columns.push_back({"Trainable", Alignment::center, 0});
  }
  if (options.line_length > 0) line_length = options.line_length;
  const std::vector<int> widths = column_widths(positions, line_length);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].width = widths[i];

  Summary summary{options, connected ? &functional->topology() : nullptr};
  for (const Ref<Layer>& layer : layers()) summary.add(*layer, 0);

  const Total trainable = total_of(trainable_weights());
  const Total frozen = total_of(non_trainable_weights());
  const Total optimizer = total_of(optimizer_variables());
  const Total all{trainable.count + frozen.count + optimizer.count,
                  trainable.bytes + frozen.bytes + optimizer.bytes};
  std::string text = fmt::format("Model: \"{}\"\n{}", name(), draw_table(columns, summary.rows));
  text += fmt::format(" Total params: {}\n Trainable params: {}\n Non-trainable params: {}\n", all.str(),
                      trainable.str(), frozen.str());
  if (optimizer.count > 0) text += fmt::format(" Optimizer params: {}\n", optimizer.str());
  return text;
}

}  // namespace sepal
