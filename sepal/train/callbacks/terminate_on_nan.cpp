#include "sepal/train/callbacks/terminate_on_nan.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "sepal/base/error.h"

namespace sepal::callbacks {

void TerminateOnNaN::on_train_batch_end(std::int64_t batch, const Logs& logs) {
  const double* loss = logs.find("loss");
  if (loss == nullptr || std::isfinite(*loss)) return;
  if (options_.raise_error) {
    throw RuntimeError(fmt::format(
        "NaN or Inf loss encountered at batch {}. Loss value: {}. Terminating training immediately.", batch,
        *loss));
  }
  std::cout << fmt::format("Batch {}: Invalid loss, terminating training\n", batch);
  host().stop_training();
}

}  // namespace sepal::callbacks
