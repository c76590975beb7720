/** The files of a new service. */
interface Names {
  readonly name: string;
  readonly pascal: string;
}

export const main = ({ name, pascal }: Names): string => `
import { runService } from '@chip/service/nest';
import { ${name}Schema } from './${name}.config.ts';
import { ${pascal}Module } from './${name}.module.ts';

await runService({ name: '${name}', schema: ${name}Schema, module: () => ${pascal}Module });
`;

export const config = ({ name, pascal }: Names): string => `
import { serviceSchema } from '@chip/service';
import { z } from 'zod';

export const ${name}Schema = serviceSchema.extend({
  DATABASE_URL: z.string().min(1).describe('PostgreSQL URL with the rights of chip_reader'),
});

export type ${pascal}Config = z.infer<typeof ${name}Schema>;
`;

export const module = ({ name, pascal }: Names): string => `
import { Database, schemaReady } from '@chip/persistence';
import { DatabaseModule } from '@chip/persistence/nest';
import { Health } from '@chip/service';
import { Module, type OnModuleInit } from '@nestjs/common';
import type { ${pascal}Config } from './${name}.config.ts';
import { ${pascal}Metrics } from './${name}.metrics.ts';

/** Composition root: the only place that names the adapters of this service. */
@Module({
  imports: [
    DatabaseModule.forRoot<${pascal}Config>({
      applicationName: 'chip-${name}',
      url: (config) => config.DATABASE_URL,
      pool: () => ({ max: 2 }),
    }),
  ],
  providers: [${pascal}Metrics],
})
export class ${pascal}Module implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly health: Health,
    private readonly metrics: ${pascal}Metrics,
  ) {}

  onModuleInit(): void {
    this.health.addReady({
      name: 'database',
      check: async () => {
        await schemaReady(this.database);
        this.metrics.checks.inc();
        return { state: 'up' };
      },
    });
  }
}
`;

export const metrics = ({ name, pascal }: Names): string => `
import { Meters } from '@chip/service';
import { Injectable } from '@nestjs/common';
import { type Counter, Registry } from 'prom-client';

@Injectable()
export class ${pascal}Metrics {
  readonly checks: Counter;

  constructor(registry: Registry) {
    const meters = new Meters(registry);
    this.checks = meters.counter('chip_${name}_checks_total', 'Checks that found the database ready.', []);
  }
}
`;

export const composeService = ({ name }: Names): string => `  ${name}:
    <<: *service
    image: chip-quality-${name}:0.1.0
    build: { context: ., args: { APP: ${name} } }
    mem_limit: 256m
    environment:
      HOST: 0.0.0.0
      PORT: 3000
      LOG_LEVEL: \${LOG_LEVEL:-info}
      DATABASE_URL: postgresql://chip_reader@timescaledb:5432/chip_quality?passwordfile=/secrets/password
    volumes: ['${name}-secrets:/secrets:ro']
    depends_on:
      migrate: { condition: service_completed_successfully }
`;

export const manifests = ({ name }: Names): string => `# What this service does, in one sentence.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  revisionHistoryLimit: 5
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/component: service }
    spec:
      serviceAccountName: chip-quality
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        fsGroup: 1000
        seccompProfile: { type: RuntimeDefault }
      # A service drains for at most 25 s after SIGTERM.
      terminationGracePeriodSeconds: 40
      containers:
        - name: ${name}
          image: chip-quality-${name}:0.1.0
          ports:
            - { name: management, containerPort: 3000 }
          envFrom:
            - configMapRef: { name: services }
          env:
            - { name: HOST, value: 0.0.0.0 }
            - { name: PORT, value: '3000' }
            - name: DATABASE_URL
              value: postgresql://chip_reader@postgres-pooler-ro:5432/chip_quality?sslmode=verify-full&sslrootcert=/run/postgres/ca.crt&sslcert=/run/postgres/tls.crt&sslkey=/run/postgres/tls.key
          startupProbe:
            httpGet: { path: /health/live, port: management }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 30
          livenessProbe:
            httpGet: { path: /health/live, port: management }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: { path: /health/ready, port: management }
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { memory: 256Mi }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: postgres, mountPath: /run/postgres, readOnly: true }
      volumes:
        - name: postgres
          projected:
            defaultMode: 288 # 0440, for the group of the pod
            sources:
              - secret: { name: postgres-cluster-ca, items: [{ key: ca.crt, path: ca.crt }] }
              - secret:
                  name: chip-reader-client-cert
                  items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }]
---
# For the scraper of /metrics: every pod by itself. Nothing else connects.
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: { app.kubernetes.io/name: ${name} }
  ports:
    - { name: management, port: 3000, targetPort: management }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  policyTypes: [Egress]
  egress:
    - to: [{ podSelector: { matchLabels: { cnpg.io/poolerName: postgres-pooler-ro } } }]
      ports: [{ port: 5432 }]
`;

export const scrapeJob = ({ name }: Names): string => `  - job_name: ${name}
    honor_labels: true
    dns_sd_configs: [{ names: [${name}], type: A, port: 3000, refresh_interval: 15s }]
`;
