// Weights of a model <-> the HDF5 file of weights (Keras 3: `model.weights.h5` and `*.weights.h5`).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"

namespace sepal {

/// The file of the model's weights and, if it is compiled, of its optimizer's state.
/// @throws ValueError naming the layer if two variables of it stand at one place.
std::vector<std::byte> weights_to_h5(const ModelBase& model);

/// Values for variables, read and checked but not yet assigned.
class LoadedWeights {
 public:
  void add(const Variable& variable, Tensor value) { values_.emplace_back(variable, std::move(value)); }
  void assign();

 private:
  std::vector<std::pair<Variable, Tensor>> values_;
};

/// What the file says of the model's weights. Files of every Keras that writes this layout are understood.
/// @throws ValueError naming the layer, the variable and both shapes if one is missing, has another shape, or
/// if the file holds weights that no layer takes. With `left_out`, layers that do not fit keep their weights
/// and it gets a line for each.
LoadedWeights weights_from_h5(const ModelBase& model, const H5File& file,
                              std::vector<std::string>* left_out = nullptr);

/// For a file that holds the state of a LossScaleOptimizer: `compile` puts one around the optimizer of a
/// model under the policy "mixed_float16", but the file does not name it.
void scale_loss_as_saved(ModelBase& model, bool is_scaled);
/// Fills the optimizer's state, which must have its slots (Trainer::build_optimizer), from the file.
/// Returns why it could not, or nothing: a state of another number of variables is that of another optimizer,
/// and a model can be trained on without it.
/// @throws ValueError naming the variable and both shapes if one is missing or has another shape.
std::string optimizer_from_h5(ModelBase& model, const H5File& file);
/// The same from these datasets, in the order of Keras 3. With `order_may_differ` another shape is no error
/// either.
std::string optimizer_from_datasets(ModelBase& model, const H5File& file,
                                    const std::vector<std::string>& paths, bool order_may_differ);

}  // namespace sepal
