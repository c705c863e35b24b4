#include "sepal/layers/operations/operation_rows.h"

#include "sepal/layers/operations/array_operations.h"
#include "sepal/layers/operations/elementwise_operation.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

template <class Options>
LayerFactory row(const char* class_name, const Options& defaults = {},
                 const std::vector<const char*>& idle_keys = {}) {
  return [=](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
    Options options = defaults;
    ConfigReader reader(config, owner);
    reader("name", options.name);
    Options::visit(options, reader);
    reader.ignore(idle_keys);
    reader.expect_all_used();
    expect_idle_keys(config, owner, idle_keys);
    return std::make_shared<ConfiguredOperation<Options>>(class_name, std::move(options));
  };
}

LayerFactory elementwise_row(const ElementwiseKind& kind) {
  return [&kind](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
    ConfigReader reader(config, owner);
    std::string name;
    reader("name", name);
    reader.expect_all_used();
    return std::make_shared<ElementwiseOperation>(kind, name);
  };
}

}  // namespace

void add_operation_rows(std::map<std::string, LayerFactory>& rows) {
  for (const ElementwiseKind& kind : elementwise_kinds())
    rows[std::string(kind.module) + ">" + kind.class_name] = elementwise_row(kind);
  const auto add = [&](const char* class_name, LayerFactory factory) {
    rows[std::string(kNumpyModule) + ">" + class_name] = std::move(factory);
  };
  add("Clip", row<ClipOptions>("Clip"));
  add("Concatenate", row<ConcatenateOperationOptions>("Concatenate"));
  add("ExpandDims", row<ExpandDimsOptions>("ExpandDims"));
  add("Max", row<ReductionOptions>("Max", {.reduce = &ops::max}, {"initial"}));
  add("Mean", row<ReductionOptions>("Mean", {.reduce = &ops::mean}));
  add("Min", row<ReductionOptions>("Min", {.reduce = &ops::min}, {"initial"}));
  add("Reshape", row<ReshapeOperationOptions>("Reshape"));
  add("Sum", row<ReductionOptions>("Sum", {.reduce = &ops::sum}));
  add("Transpose", row<TransposeOptions>("Transpose"));
  rows["keras.src.ops.nn>Softmax"] = row<SoftmaxOperationOptions>("Softmax");
}

}  // namespace sepal
