//! OpenTelemetry's names, to put dots back into: OpenObserve writes `_` for each of them.

/// The attribute key that a column's name was made from, where OpenTelemetry's conventions have one. Asked once per column.
pub(super) fn dotted(column: &[u8]) -> Option<&'static str> {
    let folds =
        |name: &&str| name.len() == column.len() && name.bytes().zip(column).all(|(a, &b)| a == b || a == b'.' && b == b'_');
    NAMES.split(' ').find(folds)
}

/// The names of the conventions, old and new, that have a dot; of two that fold into one, the one in wider use.
const NAMES: &str = "\
    asgi.event.type aws.dynamodb.table_names aws.ecs.cluster.arn aws.ecs.container.arn aws.ecs.launchtype aws.ecs.task.arn \
    aws.ecs.task.family aws.ecs.task.revision aws.eks.cluster.arn aws.lambda.invoked_arn aws.log.group.names \
    aws.log.stream.names aws.request_id aws.s3.bucket aws.s3.key client.address client.port cloud.account.id \
    cloud.availability_zone cloud.platform cloud.provider cloud.region cloud.resource_id code.column code.column.number \
    code.file.path code.filepath code.function code.function.name code.line.number code.lineno code.namespace \
    code.stacktrace container.command container.id container.image.id container.image.name container.image.tag \
    container.image.tags container.name container.runtime db.client.connection.pool.name db.collection.name \
    db.connection_string db.cosmosdb.container db.instance db.mongodb.collection db.name db.namespace db.operation \
    db.operation.batch.size db.operation.name db.query.summary db.query.text db.redis.database_index \
    db.response.returned_rows db.response.status_code db.row_count db.sql.table db.statement db.stored_procedure.name \
    db.system db.system.name db.type db.url db.user deployment.environment deployment.environment.name deployment.id \
    deployment.name deployment.status destination.address destination.port device.id device.manufacturer \
    device.model.identifier device.model.name dns.question.name enduser.id enduser.pseudo.id enduser.role enduser.scope \
    error.message error.type event.name exception.escaped exception.message exception.stacktrace exception.type \
    faas.coldstart faas.cron faas.document.collection faas.document.name faas.document.operation faas.document.time \
    faas.execution faas.id faas.instance faas.invocation_id faas.invoked_name faas.invoked_provider faas.invoked_region \
    faas.max_memory faas.name faas.time faas.trigger faas.version feature_flag.context.id feature_flag.key \
    feature_flag.provider.name feature_flag.result.reason feature_flag.result.value feature_flag.result.variant \
    feature_flag.set.id feature_flag.variant feature_flag.version file.name file.path file.size gen_ai.agent.description \
    gen_ai.agent.id gen_ai.agent.name gen_ai.completion gen_ai.conversation.id gen_ai.data_source.id \
    gen_ai.embeddings.dimension.count gen_ai.evaluation.name gen_ai.input.messages gen_ai.operation.name \
    gen_ai.output.messages gen_ai.output.type gen_ai.prompt gen_ai.provider.name gen_ai.request.choice.count \
    gen_ai.request.encoding_formats gen_ai.request.frequency_penalty gen_ai.request.max_tokens gen_ai.request.model \
    gen_ai.request.presence_penalty gen_ai.request.seed gen_ai.request.stop_sequences gen_ai.request.temperature \
    gen_ai.request.top_k gen_ai.request.top_p gen_ai.response.finish_reasons gen_ai.response.id gen_ai.response.model \
    gen_ai.system gen_ai.system_instructions gen_ai.token.type gen_ai.tool.call.arguments gen_ai.tool.call.id \
    gen_ai.tool.call.result gen_ai.tool.definitions gen_ai.tool.description gen_ai.tool.name gen_ai.tool.type \
    gen_ai.usage.completion_tokens gen_ai.usage.cost gen_ai.usage.input_tokens gen_ai.usage.output_tokens \
    gen_ai.usage.prompt_tokens gen_ai.usage.total_tokens graphql.document graphql.operation.name graphql.operation.type \
    heroku.app.id heroku.release.commit host.arch host.id host.image.id host.image.name host.image.version host.ip \
    host.mac host.name host.type http.client_ip http.flavor http.host http.method http.request.body.size \
    http.request.method http.request.method_original http.request.resend_count http.request.size \
    http.request_content_length http.request_content_length_uncompressed http.resend_count http.response.body.size \
    http.response.size http.response.status_code http.response_content_length http.response_content_length_uncompressed \
    http.route http.scheme http.server_name http.status_code http.status_text http.target http.url http.user_agent \
    k8s.cluster.name k8s.cluster.uid k8s.container.name k8s.container.restart_count k8s.cronjob.name k8s.cronjob.uid \
    k8s.daemonset.name k8s.daemonset.uid k8s.deployment.name k8s.deployment.uid k8s.job.name k8s.job.uid \
    k8s.namespace.name k8s.node.name k8s.node.uid k8s.pod.ip k8s.pod.name k8s.pod.start_time k8s.pod.uid \
    k8s.replicaset.name k8s.replicaset.uid k8s.statefulset.name k8s.statefulset.uid messaging.batch.index \
    messaging.batch.message_count messaging.client.id messaging.consumer.group.name messaging.consumer.id \
    messaging.conversation_id messaging.destination messaging.destination.anonymous messaging.destination.name \
    messaging.destination.partition.id messaging.destination.subscription.name messaging.destination.template \
    messaging.destination.temporary messaging.destination_kind messaging.kafka.client_id messaging.kafka.consumer.group \
    messaging.kafka.destination.partition messaging.kafka.message.key messaging.kafka.message.offset \
    messaging.kafka.message.tombstone messaging.kafka.offset messaging.kafka.partition messaging.message.body.size \
    messaging.message.conversation_id messaging.message.envelope.size messaging.message.id \
    messaging.message.payload_size_bytes messaging.operation messaging.operation.name messaging.operation.type \
    messaging.protocol messaging.protocol_version messaging.rabbitmq.destination.routing_key \
    messaging.rabbitmq.message.delivery_tag messaging.rabbitmq.routing_key messaging.rocketmq.client_group \
    messaging.source.name messaging.system messaging.temp_destination messaging.url net.app.protocol.name \
    net.app.protocol.version net.host.ip net.host.name net.host.port net.peer.ip net.peer.name net.peer.port \
    net.protocol.name net.protocol.version net.sock.family net.sock.host.addr net.sock.host.port net.sock.peer.addr \
    net.sock.peer.name net.sock.peer.port net.transport network.carrier.name network.connection.state \
    network.connection.subtype network.connection.type network.io.direction network.local.address network.local.port \
    network.peer.address network.peer.port network.protocol.name network.protocol.version network.transport network.type \
    os.build_id os.description os.name os.type os.version otel.library.name otel.library.version otel.scope.name \
    otel.scope.version otel.status_code otel.status_description peer.address peer.hostname peer.ipv4 peer.port \
    peer.service process.command process.command_args process.command_line process.creation.time process.executable.name \
    process.executable.path process.owner process.parent_pid process.pid process.runtime.description process.runtime.name \
    process.runtime.version rpc.connect_rpc.error_code rpc.grpc.status_code rpc.jsonrpc.error_code \
    rpc.jsonrpc.error_message rpc.jsonrpc.request_id rpc.jsonrpc.version rpc.message.compressed_size rpc.message.id \
    rpc.message.type rpc.message.uncompressed_size rpc.method rpc.response.status_code rpc.service rpc.system \
    rpc.system.name server.address server.port service.criticality service.instance.id service.name service.namespace \
    service.peer.name service.peer.namespace service.version session.id session.previous_id source.address source.port \
    telemetry.auto.version telemetry.distro.name telemetry.distro.version telemetry.sdk.language telemetry.sdk.name \
    telemetry.sdk.version thread.id thread.name tls.cipher tls.client.server_name tls.protocol.name tls.protocol.version \
    tls.server.subject url.domain url.fragment url.full url.original url.path url.port url.query url.scheme url.template \
    user.email user.full_name user.hash user.id user.name user.roles user_agent.name user_agent.original \
    user_agent.os.name user_agent.version vcs.ref.head.name vcs.ref.head.revision vcs.repository.url.full \
    webengine.description webengine.name webengine.version";

#[cfg(test)]
mod tests {
    use super::{NAMES, dotted};

    #[test]
    fn each_name_is_found_and_no_two_fold_into_one() {
        let mut folded: Vec<String> = NAMES.split(' ').map(|name| name.replace('.', "_")).collect();
        for (name, column) in NAMES.split(' ').zip(&folded) {
            assert!(name.contains('.') && name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
            assert_eq!(dotted(column.as_bytes()), Some(name));
        }
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), NAMES.split(' ').count());
        for own in ["checkout_mode", "http_my_own", "http_rout", "", "a_b"] {
            assert_eq!(dotted(own.as_bytes()), None, "{own}");
        }
    }
}
