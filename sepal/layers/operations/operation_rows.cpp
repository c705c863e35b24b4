#include "sepal/layers/operations/operation_rows.h"

#include "sepal/layers/operations/array_operation.h"
#include "sepal/layers/operations/elementwise_operation.h"
#include "sepal/layers/operations/get_item.h"
#include "sepal/layers/operations/operand_operation.h"

namespace sepal {
namespace {

// From the config of an operation that has no arguments of its own.
std::string only_name(const Json& config, const std::string& owner) {
  ConfigReader reader(config, owner);
  std::string name;
  reader("name", name);
  reader.expect_all_used();
  return name;
}

}  // namespace

void add_operation_rows(std::map<std::string, LayerFactory>& rows) {
  for (const ElementwiseKind& kind : elementwise_kinds()) {
    rows[std::string(kind.module) + ">" + kind.class_name] =
        [&kind](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
      return std::make_shared<ElementwiseOperation>(kind, only_name(config, owner));
    };
  }
  rows["keras.src.ops.numpy>GetItem"] = [](const Json& config,
                                           const std::string& owner) -> std::shared_ptr<Layer> {
    return std::make_shared<GetItemOperation>(only_name(config, owner));
  };
  add_activation_operations(rows);
  add_choosing_operations(rows);
  add_contraction_operations(rows);
  add_image_operations(rows);
  add_matrix_operations(rows);
  add_moving_operations(rows);
  add_neural_operations(rows);
  add_ordering_operations(rows);
  add_patch_operations(rows);
  add_reducing_operations(rows);
  add_splitting_operations(rows);
  add_value_operations(rows);
  add_window_operations(rows);
}

}  // namespace sepal
