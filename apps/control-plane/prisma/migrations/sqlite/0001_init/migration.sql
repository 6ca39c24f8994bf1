-- CreateTable
CREATE TABLE "User" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "username" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "passwordHash" TEXT,
    "role" TEXT NOT NULL,
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "tokenVersion" INTEGER NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    "lastLoginAt" DATETIME
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "ip" TEXT NOT NULL,
    "userAgent" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "lastUsedAt" DATETIME NOT NULL,
    "reauthenticatedAt" DATETIME,
    "idleExpiresAt" DATETIME NOT NULL,
    "absoluteExpiresAt" DATETIME NOT NULL,
    "revokedAt" DATETIME,
    "revokedReason" TEXT,
    CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "RefreshToken" (
    "lookup" TEXT NOT NULL PRIMARY KEY,
    "sessionId" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "issuedAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME,
    "successor" TEXT,
    CONSTRAINT "RefreshToken_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "LimiterBucket" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "state" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Ticket" (
    "lookup" TEXT NOT NULL PRIMARY KEY,
    "digest" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "sessionId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME,
    CONSTRAINT "Ticket_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "SetupToken" (
    "digest" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Agent" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "color" TEXT,
    "ownerUserId" TEXT,
    "mode" TEXT NOT NULL,
    "desired" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "statusReason" TEXT,
    "statusSince" DATETIME NOT NULL,
    "level" TEXT NOT NULL,
    "attested" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "ackSeq" BIGINT NOT NULL DEFAULT 0,
    "eventCursor" BIGINT NOT NULL DEFAULT 0,
    "messageCount" BIGINT NOT NULL DEFAULT 0,
    "isDemo" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "Agent_ownerUserId_fkey" FOREIGN KEY ("ownerUserId") REFERENCES "User" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AgentCredential" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "agentId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "epoch" INTEGER,
    "generation" INTEGER,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME,
    "usedAt" DATETIME,
    "supersededAt" DATETIME,
    CONSTRAINT "AgentCredential_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AgentConfig" (
    "agentId" TEXT NOT NULL PRIMARY KEY,
    "document" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "AgentConfig_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AgentSecret" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "agentId" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "AgentSecret_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AgentEvent" (
    "agentId" TEXT NOT NULL,
    "id" BIGINT NOT NULL,
    "source" TEXT NOT NULL,
    "seq" BIGINT,
    "epoch" INTEGER,
    "kind" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "sessionKey" TEXT,
    "time" DATETIME NOT NULL,
    "body" TEXT NOT NULL,

    PRIMARY KEY ("agentId", "id"),
    CONSTRAINT "AgentEvent_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Message" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "agentId" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "sessionKey" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "chatId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "error" TEXT,
    "result" TEXT,
    "createdAt" DATETIME NOT NULL,
    "deliveredAt" DATETIME,
    "finishedAt" DATETIME,
    CONSTRAINT "Message_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AuditHead" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "AuditRow" (
    "seq" BIGINT NOT NULL PRIMARY KEY,
    "time" DATETIME NOT NULL,
    "kind" TEXT NOT NULL,
    "agentId" TEXT,
    "actorId" TEXT,
    "effect" TEXT,
    "rule" TEXT,
    "event" TEXT NOT NULL,
    "prevHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "User_username_key" ON "User"("username");

-- CreateIndex
CREATE INDEX "User_createdAt_id_idx" ON "User"("createdAt", "id");

-- CreateIndex
CREATE INDEX "Session_userId_createdAt_idx" ON "Session"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "Session_absoluteExpiresAt_idx" ON "Session"("absoluteExpiresAt");

-- CreateIndex
CREATE INDEX "RefreshToken_sessionId_idx" ON "RefreshToken"("sessionId");

-- CreateIndex
CREATE INDEX "LimiterBucket_expiresAt_idx" ON "LimiterBucket"("expiresAt");

-- CreateIndex
CREATE INDEX "Ticket_expiresAt_idx" ON "Ticket"("expiresAt");

-- CreateIndex
CREATE INDEX "Agent_createdAt_id_idx" ON "Agent"("createdAt", "id");

-- CreateIndex
CREATE INDEX "Agent_ownerUserId_createdAt_id_idx" ON "Agent"("ownerUserId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Agent_desired_idx" ON "Agent"("desired");

-- CreateIndex
CREATE INDEX "AgentCredential_agentId_kind_idx" ON "AgentCredential"("agentId", "kind");

-- CreateIndex
CREATE INDEX "AgentSecret_agentId_idx" ON "AgentSecret"("agentId");

-- CreateIndex
CREATE INDEX "AgentSecret_keyId_idx" ON "AgentSecret"("keyId");

-- CreateIndex
CREATE INDEX "AgentEvent_agentId_kind_id_idx" ON "AgentEvent"("agentId", "kind", "id");

-- CreateIndex
CREATE INDEX "AgentEvent_time_idx" ON "AgentEvent"("time");

-- CreateIndex
CREATE INDEX "AgentEvent_agentId_sessionKey_kind_id_idx" ON "AgentEvent"("agentId", "sessionKey", "kind", "id");

-- CreateIndex
CREATE UNIQUE INDEX "AgentEvent_agentId_seq_key" ON "AgentEvent"("agentId", "seq");

-- CreateIndex
CREATE INDEX "Message_agentId_state_position_idx" ON "Message"("agentId", "state", "position");

-- CreateIndex
CREATE INDEX "Message_agentId_sessionKey_position_idx" ON "Message"("agentId", "sessionKey", "position");

-- CreateIndex
CREATE UNIQUE INDEX "Message_agentId_position_key" ON "Message"("agentId", "position");

-- CreateIndex
CREATE INDEX "AuditRow_kind_seq_idx" ON "AuditRow"("kind", "seq");

-- CreateIndex
CREATE INDEX "AuditRow_agentId_seq_idx" ON "AuditRow"("agentId", "seq");

-- CreateIndex
CREATE INDEX "AuditRow_actorId_seq_idx" ON "AuditRow"("actorId", "seq");
