//! The bare loop beside `queue_alone`: consume, publish with confirm, ack, and nothing else.

use std::time::Instant;

use checkmate_testkit::rabbit::ADMIN;
use futures::{StreamExt, TryStreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection};

/// A channel on which publishes are confirmed.
///
/// # Errors
/// Those of the broker.
pub async fn confirming(connection: &Connection) -> anyhow::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// A subscription and its channel, which must outlive the last ack.
///
/// # Errors
/// Those of the broker.
pub async fn consume(
    connection: &Connection,
    queue: &str,
    prefetch: u16,
) -> anyhow::Result<(Channel, lapin::Consumer)> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
    Ok((channel, consumer))
}

/// The properties of a persistent message, the same as ours: the user that the broker validates is part of what is promised.
#[must_use]
pub fn properties(id: &str, headers: FieldTable) -> BasicProperties {
    BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(id.into())
        .with_user_id(ADMIN.into())
        .with_content_type("application/json".into())
        .with_headers(headers)
}

/// Publishes a message and waits for its confirm.
///
/// # Errors
/// Those of the broker, and what it did not take.
pub async fn publish(
    channel: &Channel,
    exchange: &str,
    key: &str,
    properties: BasicProperties,
    body: &[u8],
) -> anyhow::Result<()> {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let confirm =
        channel.basic_publish(exchange.into(), key.into(), options, body, properties).await?.await?;
    anyhow::ensure!(matches!(confirm, Confirmation::Ack(None)), "not stored: {confirm:?}");
    Ok(())
}

/// Works so many messages off, as many at a time as are prefetched; in seconds.
///
/// # Errors
/// Those of the broker.
pub async fn run(
    consuming: &Connection,
    publishing: &Channel,
    prefetch: u16,
    messages: usize,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let (_channel, stream) = consume(consuming, "checkmate.scan.bulk", prefetch).await?;
    let stream = stream.take(messages).map_err(anyhow::Error::from);
    stream
        .try_for_each_concurrent(usize::from(prefetch), |message| async move {
            let id = message.properties.message_id().clone().unwrap_or_default();
            let properties = properties(id.as_str(), FieldTable::default());
            publish(publishing, "checkmate.work", "checkmate.results", properties, &message.data).await?;
            message.acker.ack(BasicAckOptions::default()).await?;
            Ok(())
        })
        .await?;
    Ok(began.elapsed().as_secs_f64())
}
