#include "sepal/train/callbacks/callback.h"

#include "sepal/base/error.h"

namespace sepal {

TrainingHost& CallbackBase::host() const {
  if (host_ == nullptr) throw RuntimeError("This callback is not attached to a model.");
  return *host_;
}

CallbackList::CallbackList(std::vector<Callback> callbacks, TrainingHost& host, const TrainingParams& params)
    : callbacks_(std::move(callbacks)) {
  for (const Callback& callback : callbacks_) callback->attach(host, params);
}

void CallbackList::on_train_begin() {
  for (const Callback& c : callbacks_) c->on_train_begin();
}

void CallbackList::on_train_end(Logs logs) {
  logs.sort_by_name();
  for (const Callback& c : callbacks_) c->on_train_end(logs);
}

void CallbackList::on_epoch_begin(std::int64_t epoch) {
  for (const Callback& c : callbacks_) c->on_epoch_begin(epoch);
}

void CallbackList::on_epoch_end(std::int64_t epoch, Logs logs) {
  logs.sort_by_name();
  for (const Callback& c : callbacks_) c->on_epoch_end(epoch, logs);
}

void CallbackList::on_train_batch_begin(std::int64_t batch) {
  for (const Callback& c : callbacks_) c->on_train_batch_begin(batch);
}

void CallbackList::on_train_batch_end(std::int64_t batch, Logs logs) {
  logs.sort_by_name();
  for (const Callback& c : callbacks_) c->on_train_batch_end(batch, logs);
}

void CallbackList::on_test_begin() {
  for (const Callback& c : callbacks_) c->on_test_begin();
}

void CallbackList::on_test_end(Logs logs) {
  logs.sort_by_name();
  for (const Callback& c : callbacks_) c->on_test_end(logs);
}

void CallbackList::on_test_batch_begin(std::int64_t batch) {
  for (const Callback& c : callbacks_) c->on_test_batch_begin(batch);
}

void CallbackList::on_test_batch_end(std::int64_t batch, Logs logs) {
  logs.sort_by_name();
  for (const Callback& c : callbacks_) c->on_test_batch_end(batch, logs);
}

void CallbackList::on_predict_begin() {
  for (const Callback& c : callbacks_) c->on_predict_begin();
}

void CallbackList::on_predict_end() {
  for (const Callback& c : callbacks_) c->on_predict_end();
}

void CallbackList::on_predict_batch_begin(std::int64_t batch) {
  for (const Callback& c : callbacks_) c->on_predict_batch_begin(batch);
}

void CallbackList::on_predict_batch_end(std::int64_t batch) {
  for (const Callback& c : callbacks_) c->on_predict_batch_end(batch);
}

}  // namespace sepal
